"""Valid files from which the mutators begin: small ones of every container, encoded once a run."""

from tests.support.avi_parts import make_opendml
from tests.support.videos import FRAGMENTED, UNINDEXED, Videos


def make_samples(videos: Videos) -> dict[str, dict[str, bytes]]:
    """Return for each container the files by name; each has 10 pictures and two keyframes."""

    def make(name: str, codec: str, *options: str, audio: str | None = None) -> bytes:
        small = videos.video(
            f"fuzz-{name}",
            codec=codec,
            audio=audio,
            options=options,
            duration_s=1,
            fps=10,
            gop=5,
            width_px=64,
            height_px=48,
        )
        return small.read_bytes()

    avi = make("a.avi", "mpeg4")
    return {
        "mp4": {
            "h264": make("a.mp4", "h264", "-bf", "2", audio="aac"),
            "hevc": make("b.mp4", "hevc"),
            "fragments": make("c.mp4", "h264", *FRAGMENTED, audio="aac"),
            "listed fragments": make("d.mp4", "h264", "-movflags", "+frag_keyframe+global_sidx"),
            "hybrid": make("e.mp4", "h264", "-movflags", "+frag_keyframe"),
            "index first": make("f.mov", "mpeg4", "-movflags", "+faststart", audio="aac"),
        },
        "matroska": {
            "h264": make("a.mkv", "h264", audio="aac"),
            "live": make("b.mkv", "mpeg4", *UNINDEXED),
            "vp8": make("c.webm", "vp8"),
            "late cues": make("d.mkv", "hevc"),
        },
        "avi": {"mpeg4": avi, "opendml": make_opendml(avi, 4), "sound": make("b.avi", "mpeg4", audio="mp3")},
        "asf": {"wmv2": make("a.wmv", "wmv2"), "sound": make("b.wmv", "wmv2", audio="wmav2")},
        "flv": {
            "h264": make("a.flv", "h264", audio="aac"),
            "flv1": make("b.flv", "flv"),
            "table": make("c.flv", "h264", "-flvflags", "add_keyframe_index"),
        },
        "mpegts": {
            "h264": make("a.ts", "h264", audio="aac"),
            "mpeg2": make("b.ts", "mpeg2video"),
            "m2ts": make("c.m2ts", "h264"),
        },
    }
