"""HLS image playlist of a storyboard: https://github.com/image-media-playlist/spec, version 0.4.

The multivariant playlist belongs to the packager of the video. The line that it needs is in a comment.
"""

import math

from services.contract.storyboards.stored import StoredStoryboard
from services.contract.storyboards.times import list_sheet_times, measure_bandwidth, quote_name
from services.contract.thumbnails import ImageFormat


def format_image_playlist(storyboard: StoredStoryboard, duration_s: float, sheet_bytes: list[int], digest: str) -> str:
    """Return the media playlist with a segment for each sheet, of which the last ends with the video.

    A comment has the digest of the sheets.
    """
    spans = list_sheet_times(storyboard, duration_s)
    resolution = f"{storyboard.tile_width_px}x{storyboard.tile_height_px}"
    tiles = (
        f"#EXT-X-TILES:RESOLUTION={resolution},LAYOUT={storyboard.columns}x{storyboard.sheet_rows},"
        f"DURATION={storyboard.interval_s:.3f}"
    )
    lines = [
        "#EXTM3U",
        f"# Multivariant playlist: {format_stream_line(storyboard, duration_s, sheet_bytes)}",
        f"# Sheets: {digest}",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(math.ceil(end_s - start_s) for start_s, end_s in spans)}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-IMAGES-ONLY",
    ]
    for key, (start_s, end_s) in zip(storyboard.sheet_keys, spans, strict=True):
        lines += [f"#EXTINF:{end_s - start_s:.3f},", tiles, quote_name(key)]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def format_stream_line(storyboard: StoredStoryboard, duration_s: float, sheet_bytes: list[int]) -> str:
    """Return the line of a multivariant playlist that leads to the image playlist."""
    image_format = next(one for one in ImageFormat if storyboard.key.endswith(f".{one.extension}"))
    playlist = storyboard.track_key.removesuffix(".vtt") + ".m3u8"
    return (
        f"#EXT-X-IMAGE-STREAM-INF:BANDWIDTH={measure_bandwidth(storyboard, duration_s, sheet_bytes)},"
        f"RESOLUTION={storyboard.tile_width_px}x{storyboard.tile_height_px},"
        f'CODECS="{image_format.value}",URI="{quote_name(playlist)}"'
    )
