"""The videos of the benchmark: encoded once for 20 s, and made long by stream copy.

Their lengths are odd on purpose, so that 10, 50 and 95 % do not fall on keyframes.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

_CLIP_S = 20
_AUDIO = ("-f", "lavfi", "-i", f"sine=frequency=220:duration={_CLIP_S}")
_FRAGMENTS = "+frag_keyframe+empty_moov+default_base_moof"

ENCODERS = {
    "h264": ("libx264", "-preset", "veryfast", "-b:v", "5M", "-maxrate", "6M", "-bufsize", "10M"),
    "h264-4k": ("libx264", "-preset", "veryfast", "-b:v", "18M", "-maxrate", "20M", "-bufsize", "36M"),
    "hevc": ("libx265", "-preset", "ultrafast", "-b:v", "4M", "-x265-params", "log-level=error", "-tag:v", "hvc1"),
    "av1": ("libsvtav1", "-preset", "10", "-b:v", "3M"),
    "vp9": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M"),
    "mpeg4": ("mpeg4", "-b:v", "5M"),
    "wmv2": ("wmv2", "-b:v", "5M"),
    "h263": ("h263", "-b:v", "1M"),
}
_HDR = (
    *("-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc", "arib-std-b67", "-colorspace", "bt2020nc"),
    *("-x265-params", "log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc"),
)
_SDR_TWIN = ("-pix_fmt", "yuv420p10le")


@dataclass(frozen=True)
class Video:
    """One row of the table. `at_least` and `peer_at_least` are the ratios to reach: A over ours, D over ours."""

    name: str
    codec: str
    suffix: str
    duration_s: int
    gop_s: int = 2
    size_px: tuple[int, int] = (1920, 1080)
    options: tuple[str, ...] = ()
    copy_options: tuple[str, ...] = ()
    at_least: float = 10.0
    peer_at_least: float = 1.0


def _h264(name: str, suffix: str, duration_s: int, *copy_options: str, gop_s: int = 2) -> Video:
    at_least, peer_at_least = (20.0, 2.0) if suffix in ("mp4", "mov", "m4v") else (10.0, 2.0)
    return Video(
        name, "h264", suffix, duration_s, gop_s,
        copy_options=copy_options, at_least=at_least, peer_at_least=peer_at_least,
    )  # fmt: skip


def _short_and_medium() -> list[Video]:
    return [
        _h264("h264 mp4, GOP 2 s", "mp4", 10),
        _h264("h264 mp4, GOP 10 s", "mp4", 10, gop_s=10),
        _h264("h264 mp4, GOP 2 s", "mp4", 607),
        _h264("h264 mp4, GOP 10 s", "mp4", 607, gop_s=10),
        _h264("h264 mov", "mov", 607),
        _h264("h264 m4v", "m4v", 607),
        _h264("h264 mkv", "mkv", 607),
        _h264("h264 ts", "ts", 607),
        _h264("h264 flv", "flv", 607),
        _h264("h264 mp4, fragments", "mp4", 607, "-movflags", f"{_FRAGMENTS}+skip_trailer"),
        _h264("h264 mp4, fragments and sidx", "mp4", 607, "-map", "0:v", "-movflags", f"{_FRAGMENTS}+dash+global_sidx"),
        Video("h264 mp4, 4K", "h264-4k", "mp4", 607, size_px=(3840, 2160), peer_at_least=2.0),
        Video("hevc mp4", "hevc", "mp4", 607, at_least=20),
        Video("hevc mp4, 10 bit", "hevc", "mp4", 607, options=_SDR_TWIN),
        Video("hevc mp4, HLG BT.2020", "hevc", "mp4", 607, options=_HDR),
        Video("av1 mp4", "av1", "mp4", 607, at_least=20),
        Video("vp9 webm", "vp9", "webm", 607),
        Video("mpeg4 avi", "mpeg4", "avi", 607),
        Video("wmv2 wmv", "wmv2", "wmv", 607),
        Video("h263 3gp", "h263", "3gp", 607, size_px=(704, 576)),
    ]


def _long() -> list[Video]:
    return [
        _h264("h264 mp4, GOP 2 s", "mp4", 7207),
        _h264("h264 mkv", "mkv", 7207),
        _h264("h264 ts", "ts", 7207),
        _h264("h264 flv", "flv", 7207),
        _h264("h264 mp4, fragments", "mp4", 7207, "-movflags", f"{_FRAGMENTS}+skip_trailer"),
        _h264(
            "h264 mp4, fragments and sidx", "mp4", 7207, "-map", "0:v", "-movflags", f"{_FRAGMENTS}+dash+global_sidx"
        ),
        Video("mpeg4 avi", "mpeg4", "avi", 7207),
        Video("wmv2 wmv", "wmv2", "wmv", 7207),
    ]


def rows(*, with_long: bool) -> list[Video]:
    return _short_and_medium() + (_long() if with_long else [])


def make(video: Video, directory: Path) -> Path:
    """The file of a video; its clip is kept for the next one of the same kind, the file itself is the caller's."""
    clip = (
        directory / f"clip-{abs(hash((video.codec, video.gop_s, video.size_px, video.options)))}.{_clip_suffix(video)}"
    )
    if not clip.exists():
        _encode(video, clip)
    path = directory / f"video.{video.suffix}"
    times = -(-video.duration_s // _CLIP_S)
    _ffmpeg(
        *("-stream_loop", str(times - 1), "-i", str(clip), "-t", str(video.duration_s), "-c", "copy"),
        *video.copy_options,
        str(path),
    )
    return path


def _clip_suffix(video: Video) -> str:
    return {"wmv": "wmv", "avi": "avi", "3gp": "3gp", "webm": "webm"}.get(video.suffix, "mp4")


def _encode(video: Video, clip: Path) -> None:
    width, height = video.size_px
    source = f"testsrc2=size={width}x{height}:rate=25:duration={_CLIP_S},noise=alls=5:allf=t"
    gop = 25 * video.gop_s
    scene_cut = ("-sc_threshold", "0") if video.codec.startswith("h264") else ()
    sound = {"webm": "libopus", "wmv": "wmav2", "avi": "libmp3lame"}.get(video.suffix, "aac")
    _ffmpeg(
        *("-f", "lavfi", "-i", source, *_AUDIO, "-c:v", *ENCODERS[video.codec], "-pix_fmt", "yuv420p"),
        *("-g", str(gop), "-keyint_min", str(gop), *scene_cut, "-c:a", sound, *video.options, str(clip)),
    )


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own arguments
