"""Videos of the benchmark: encoded once for 20 s, and made long by stream copy.

Their lengths are odd so that 10, 50 and 95 % are half a GOP behind a keyframe on average, as they are over all videos.
Method A has to decode that distance.
"""

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

SHORT_S, MEDIUM_S, LONG_S = 10, 591, 7399
"""The last two differ by 340 repetitions of 20.023 s (AAC begins a frame early). So 10, 50 and 95 % show the same
pictures of the clip, as 34, 170 and 323 repetitions are between them.
"""
_CLIP_S = 20
_AUDIO = ("-f", "lavfi", "-i", f"sine=frequency=220:duration={_CLIP_S}")
_FRAGMENTS = "+frag_keyframe+empty_moov+default_base_moof"

ENCODERS = {
    "h264": ("libx264", "-b:v", "5M", "-maxrate", "6M", "-bufsize", "10M"),
    "h264-4k": ("libx264", "-b:v", "18M", "-maxrate", "20M", "-bufsize", "36M"),
    **{
        f"h264-{rate}m": (
            "libx264",
            "-preset",
            "veryfast",
            "-b:v",
            f"{rate}M",
            "-maxrate",
            f"{rate}M",
            "-bufsize",
            "8M",
        )
        for rate in (1, 4, 12)
    },
    "hevc": ("libx265", "-b:v", "4M", "-x265-params", "log-level=error", "-tag:v", "hvc1"),
    "av1": ("libsvtav1", "-b:v", "3M"),
    "vp9": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M"),
    "mpeg4": ("mpeg4", "-b:v", "5M"),
    "wmv2": ("wmv2", "-b:v", "5M"),
    "h263": ("h263", "-b:v", "1M"),
}
"""Encoders at their default presets, as most files are made; VP9 in real time, as its default takes minutes."""


def _hdr(transfer: str) -> tuple[str, ...]:
    """Return options for 10 bits in BT.2020, as phones tag their clips."""
    colours = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    return (
        *("-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"),
        *("-x265-params", f"log-level=error:{colours}"),
    )


_SDR_TWIN = ("-pix_fmt", "yuv420p10le")


@dataclass(frozen=True)
class BenchmarkVideo:
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
    is_indexed: bool = True
    """The container has a table of keyframes."""

    @property
    def max_mb(self) -> int:
        """Upper limit of bytes read, in MiB."""
        return 4 if self.is_indexed else 12

    @property
    def max_requests(self) -> int:
        """Upper limit of requests."""
        return 32 if self.is_indexed else 64

    @property
    def max_memory_mb(self) -> int:
        """Upper limit of peak memory."""
        return 160 if self.size_px[0] > 1920 else 96

    @property
    def max_round_trips(self) -> float | None:
        """Upper limit of round trips of an MP4; None for others."""
        return 8 if self.suffix in ("mp4", "mov", "m4v", "3gp") else None


_WITHOUT_INDEX = ("ts", "flv", "wmv")


def _h264(name: str, suffix: str, duration_s: int, *copy_options: str, gop_s: int = 2) -> BenchmarkVideo:
    return BenchmarkVideo(
        name, "h264", suffix, duration_s, gop_s, copy_options=copy_options, at_least=20.0, peer_at_least=2.0,
        is_indexed=suffix not in _WITHOUT_INDEX and name != FRAGMENTS,
    )  # fmt: skip


HEVC_LONG_GOP = "hevc mp4, GOP 10 s"
"""For the shortcuts only: the pictures behind a keyframe are decoded where none is near."""
FRAGMENTS, INDEXED_FRAGMENTS = "h264 mp4, fragments", "h264 mp4, fragments and sidx"
TEN_BITS, HLG, PQ = "hevc mp4, 10 bit", "hevc mp4, HLG BT.2020", "hevc mp4, PQ BT.2020"


def _containers(duration_s: int) -> list[BenchmarkVideo]:
    """Return one video of each container."""
    without = ("-movflags", f"{_FRAGMENTS}+skip_trailer")
    with_index = ("-map", "0:v", "-movflags", f"{_FRAGMENTS}+dash+global_sidx")
    return [
        _h264("h264 mp4, GOP 2 s", "mp4", duration_s),
        _h264("h264 mp4, GOP 10 s", "mp4", duration_s, gop_s=10),
        _h264(FRAGMENTS, "mp4", duration_s, *without),
        _h264(INDEXED_FRAGMENTS, "mp4", duration_s, *with_index),
        _h264("h264 mkv", "mkv", duration_s),
        _h264("h264 ts", "ts", duration_s),
        _h264("h264 flv", "flv", duration_s),
        BenchmarkVideo("vp9 webm", "vp9", "webm", duration_s),
        BenchmarkVideo("mpeg4 avi", "mpeg4", "avi", duration_s),
        BenchmarkVideo("wmv2 wmv", "wmv2", "wmv", duration_s, is_indexed=False),
    ]


def _codecs(duration_s: int) -> list[BenchmarkVideo]:
    """Return one video of each remaining format."""
    return [
        _h264("h264 mov", "mov", duration_s),
        _h264("h264 m4v", "m4v", duration_s),
        BenchmarkVideo("h264 mp4, 4K", "h264-4k", "mp4", duration_s, size_px=(3840, 2160), peer_at_least=2.0),
        BenchmarkVideo("hevc mp4", "hevc", "mp4", duration_s, at_least=20),
        BenchmarkVideo(TEN_BITS, "hevc", "mp4", duration_s, options=_SDR_TWIN, at_least=20),
        BenchmarkVideo(HLG, "hevc", "mp4", duration_s, options=_hdr("arib-std-b67"), at_least=20),
        BenchmarkVideo(PQ, "hevc", "mp4", duration_s, options=_hdr("smpte2084"), at_least=20),
        BenchmarkVideo("av1 mp4", "av1", "mp4", duration_s, at_least=20),
        BenchmarkVideo("h263 3gp", "h263", "3gp", duration_s, size_px=(704, 576)),
    ]


def list_shortcut_videos() -> list[BenchmarkVideo]:
    """Return the videos that the shortcuts are compared on."""
    return [*list_videos(with_long=False), BenchmarkVideo(HEVC_LONG_GOP, "hevc", "mp4", SHORT_S, 10)]


def list_videos(*, with_long: bool) -> list[BenchmarkVideo]:
    """Return all videos, two-hour ones if `with_long`."""
    some = [video for video in _codecs(SHORT_S) if video.codec in ("hevc", "av1", "h263") and not video.options]
    lengths = [*_containers(SHORT_S), *some, *_containers(MEDIUM_S), *_codecs(MEDIUM_S)]
    return lengths + (_containers(LONG_S) if with_long else [])


def make_video(video: BenchmarkVideo, directory: Path) -> Path:
    """Make the file of a video, for the caller to delete. Its clip is kept for other videos of the same kind."""
    clip = directory / f"clip-{_clip_digest(video)}.{_clip_suffix(video)}"
    if not clip.exists():
        part = clip.with_name(f"part-{clip.name}")
        _encode(video, part)
        part.replace(clip)
    path = directory / f"video.{video.suffix}"
    times = -(-video.duration_s // _CLIP_S)
    _ffmpeg(
        *("-stream_loop", str(times - 1), "-i", str(clip), "-t", str(video.duration_s), "-c", "copy"),
        *video.copy_options,
        str(path),
    )
    return path


def _clip_digest(video: BenchmarkVideo) -> str:
    """Return a name of the clip's content, so that a later run in the same folder does not encode it again."""
    content = (video.codec, ENCODERS[video.codec], video.gop_s, video.size_px, video.options)
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _clip_suffix(video: BenchmarkVideo) -> str:
    return {"wmv": "wmv", "avi": "avi", "3gp": "3gp", "webm": "webm"}.get(video.suffix, "mp4")


def _encode(video: BenchmarkVideo, clip: Path) -> None:
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
