"""Reference test: thumbnails of a folder of videos, compared with the frames that FFmpeg shows at their times."""
