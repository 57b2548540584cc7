"""The videos of the benchmark: encoded once for 20 s, and made long by stream copy.

Their lengths are odd on purpose: 10, 50 and 95 % do not fall on keyframes, but half a GOP behind one on average, as
they do over all videos. How far behind is what method A has to decode.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

SHORT_S, MEDIUM_S, LONG_S = 10, 591, 7399
"""The last two differ by 340 repetitions of 20.023 s (AAC begins a frame early): 10, 50 and 95 % show the same pictures
of the clip, as 34, 170 and 323 of them lie between.
"""
_CLIP_S = 20
_AUDIO = ("-f", "lavfi", "-i", f"sine=frequency=220:duration={_CLIP_S}")
_FRAGMENTS = "+frag_keyframe+empty_moov+default_base_moof"

ENCODERS = {
    "h264": ("libx264", "-b:v", "5M", "-maxrate", "6M", "-bufsize", "10M"),
    "h264-4k": ("libx264", "-b:v", "18M", "-maxrate", "20M", "-bufsize", "36M"),
    "hevc": ("libx265", "-b:v", "4M", "-x265-params", "log-level=error", "-tag:v", "hvc1"),
    "av1": ("libsvtav1", "-b:v", "3M"),
    "vp9": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "4M"),
    "mpeg4": ("mpeg4", "-b:v", "5M"),
    "wmv2": ("wmv2", "-b:v", "5M"),
    "h263": ("h263", "-b:v", "1M"),
}
"""Each at its own preset, as most files are made; that of VP9 would take minutes for a clip."""


def _hdr(transfer: str) -> tuple[str, ...]:
    """As a phone tags its clips: 10 bits in BT.2020."""
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
    """A table tells where its keyframes are."""

    @property
    def most_mb(self) -> int:
        """Bytes that may be read, in units of 1024 x 1024."""
        return 4 if self.is_indexed else 12

    @property
    def most_requests(self) -> int:
        return 32 if self.is_indexed else 64

    @property
    def most_memory_mb(self) -> int:
        return 160 if self.size_px[0] > 1920 else 96

    @property
    def most_round_trips(self) -> float | None:
        """Of an MP4, with an index or without."""
        return 8 if self.suffix in ("mp4", "mov", "m4v", "3gp") else None


_WITHOUT_INDEX = ("ts", "flv", "wmv")


def _h264(name: str, suffix: str, duration_s: int, *copy_options: str, gop_s: int = 2) -> BenchmarkVideo:
    return BenchmarkVideo(
        name, "h264", suffix, duration_s, gop_s, copy_options=copy_options, at_least=20.0, peer_at_least=2.0,
        is_indexed=suffix not in _WITHOUT_INDEX and name != FRAGMENTS,
    )  # fmt: skip


FRAGMENTS, INDEXED_FRAGMENTS = "h264 mp4, fragments", "h264 mp4, fragments and sidx"
TEN_BITS, HLG, PQ = "hevc mp4, 10 bit", "hevc mp4, HLG BT.2020", "hevc mp4, PQ BT.2020"


def _containers(duration_s: int) -> list[BenchmarkVideo]:
    """One of each container, for every length."""
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
    """What is left of formats, for one length."""
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


def rows(*, with_long: bool) -> list[BenchmarkVideo]:
    some = [video for video in _codecs(SHORT_S) if video.codec in ("hevc", "av1", "h263") and not video.options]
    lengths = [*_containers(SHORT_S), *some, *_containers(MEDIUM_S), *_codecs(MEDIUM_S)]
    return lengths + (_containers(LONG_S) if with_long else [])


def make(video: BenchmarkVideo, directory: Path) -> Path:
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
