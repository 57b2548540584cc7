"""Fragmented MP4 files: all fragments are shown, also if the header of the file disagrees with them."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.contract.records import ReasonCode, VideoState
from services.local.samples import run_ffmpeg
from services.worker.extraction.outcome import Outcome
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.extracted import SMALL, extract, numbers, times_s
from tests.support.ranged import Counted, frames_at
from tests.support.ranged import numbers as numbers_of
from tests.support.videos import FRAGMENTED, INDEX_FIRST, Videos

DURATION_S = 40
WHOLE = [100, 500, 950]
"""The frames at 10, 50 and 95 % of 40 s: each is a keyframe, as every 50th is."""

Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def source(videos: Videos) -> Path:
    options = ("-bf", "2")
    return videos.video("source.mp4", **SMALL, duration_s=DURATION_S, gop=50, audio="aac", options=options)


def muxed(source: Path, path: Path, *options: str) -> Path:
    """Return the same pictures and sound in another container, without a new encoding."""
    run_ffmpeg(["-i", str(source), "-c", "copy", *options], path)
    return path


def boxes(content: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of each box of a file."""
    start = 0
    while start + 8 <= len(content):
        size_bytes, kind = struct.unpack_from(">I4s", content, start)
        yield kind, start, start + size_bytes
        start += size_bytes


def changed(path: Path, change: Change) -> Path:
    content = path.read_bytes()
    path.write_bytes(change(content))
    return path


def assert_is_whole(outcome: Outcome) -> None:
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert outcome.info is not None
    assert numbers(outcome) == WHOLE
    # Without an edit list, the pictures begin after the sound: by the two frames that the encoder is late.
    late_s = times_s(outcome)[0] - 4
    assert -0.001 <= late_s <= 0.081
    assert times_s(outcome) == pytest.approx([4 + late_s, 20 + late_s, 38 + late_s], abs=0.001)
    assert outcome.info.duration_s == pytest.approx(DURATION_S + late_s, abs=0.05)


def flags(names: str) -> tuple[str, ...]:
    return ("-movflags", names)


VARIANTS = {
    "the first fragment in the header": flags("frag_keyframe"),
    "and no table at the end": flags("frag_keyframe+skip_trailer"),
    "and offsets from each fragment": flags("frag_keyframe+default_base_moof"),
    "and a fragment for each track": flags("frag_keyframe+separate_moof"),
    "and negative composition offsets": flags("frag_keyframe+negative_cts_offsets"),
    "and an index after the first samples": flags("frag_keyframe+default_base_moof+global_sidx+skip_trailer"),
    "fragments that begin anywhere": ("-frag_duration", "400000"),
    "fragments of some seconds": ("-frag_duration", "7300000", *flags("skip_trailer")),
    "fragments of some bytes": ("-frag_size", "100000"),
    "a fragment for each frame": ("-an", *flags("frag_every_frame")),
    "an empty header": flags("frag_keyframe+empty_moov"),
    "a header that comes late": flags("frag_keyframe+delay_moov"),
    "DASH": flags("dash+frag_keyframe"),
    "DASH with an index": flags("dash+frag_keyframe+global_sidx"),
    "CMAF": flags("cmaf+frag_keyframe"),
    "hybrid": flags("hybrid_fragmented+frag_keyframe"),
    "Smooth Streaming, whose fragments have no times": (*flags("frag_keyframe"), "-f", "ismv"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_fragmented_video_is_shown_whole(source: Path, tmp_path: Path, sandbox: Sandbox, variant: str) -> None:
    assert_is_whole(extract(sandbox, muxed(source, tmp_path / "a.mp4", *VARIANTS[variant])))


def test_unannounced_fragments_are_shown(source: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    path = muxed(source, tmp_path / "a.mp4", *flags("frag_keyframe+default_base_moof"))
    assert_is_whole(extract(sandbox, changed(path, lambda content: content.replace(b"mvex", b"free"))))


def test_repeated_header_counts_once(source: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    def repeated(content: bytes) -> bytes:
        parts = [(kind, content[start:end]) for kind, start, end in boxes(content)]
        head = b"".join(part for kind, part in parts if kind in (b"ftyp", b"moov"))
        return b"".join(head + part if kind == b"moof" else part for kind, part in parts if kind in (b"moof", b"mdat"))

    assert_is_whole(extract(sandbox, changed(muxed(source, tmp_path / "a.mp4", *FRAGMENTED), repeated)))


def test_joined_recordings_are_one_video(source: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    """Their times start again."""
    halves = [
        muxed(source, tmp_path / "1.mp4", "-t", "20", "-an", *FRAGMENTED).read_bytes(),
        muxed(source, tmp_path / "2.mp4", "-ss", "19.5", "-an", *FRAGMENTED).read_bytes(),
    ]
    outcome = extract(sandbox, changed(tmp_path / "1.mp4", lambda _: b"".join(halves)))
    assert outcome.state is VideoState.DONE
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(DURATION_S, abs=0.2)
    assert numbers(outcome) == WHOLE


def test_long_joined_recordings_are_degraded(videos: Videos, sandbox: Sandbox) -> None:
    options = (*FRAGMENTED, "-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "1M", "-nal-hrd", "cbr")
    content = videos.video("long.mp4", duration_s=40, gop=50, options=options, **SMALL).read_bytes()
    outcome = extract(sandbox, videos.file("twice.mp4", content + content))
    assert outcome.state is VideoState.DEGRADED
    assert "duration is not known" in (outcome.reason or "")


def with_mehd(content: bytes, duration: int) -> bytes:
    """Return a file whose header states the duration of all fragments, in its own time scale."""
    _, start, _ = next(box for box in boxes(content) if box[0] == b"moov")
    at = content.index(b"mvex") - 4
    mehd = struct.pack(">I4sII", 16, b"mehd", 0, duration)
    grown = bytearray(content[: at + 8] + mehd + content[at + 8 :])
    for place in (start, at):
        struct.pack_into(">I", grown, place, struct.unpack_from(">I", grown, place)[0] + len(mehd))
    return bytes(grown)


def time_scale(content: bytes) -> int:
    (scale,) = struct.unpack_from(">I", content, content.index(b"mvhd") + 16)
    return int(scale)


@pytest.mark.parametrize("stated_s", [0, 1, 4000])
def test_wrong_duration_in_header_has_no_effect(source: Path, tmp_path: Path, sandbox: Sandbox, stated_s: int) -> None:
    path = muxed(source, tmp_path / "a.mp4", "-an", *FRAGMENTED, "-movie_timescale", "1000")
    changed(path, lambda content: with_mehd(content, stated_s * time_scale(content)))
    assert_is_whole(extract(sandbox, path))


@pytest.mark.parametrize("keep", [0.3, 0.61, 0.8])
@pytest.mark.parametrize("options", [FRAGMENTED, flags("frag_keyframe")])
def test_cut_recording_is_incomplete(
    source: Path, tmp_path: Path, sandbox: Sandbox, options: tuple[str, ...], keep: float
) -> None:
    path = muxed(source, tmp_path / "a.mp4", *options)
    outcome = extract(sandbox, changed(path, lambda content: content[: round(keep * len(content))]))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    duration_s = (outcome.info and outcome.info.duration_s) or 0.0
    assert duration_s == pytest.approx(DURATION_S * keep, abs=2.5)
    wanted = [duration_s * 25 * share for share in (0.1, 0.5, 0.95)]
    assert numbers(outcome) == pytest.approx(wanted, abs=26)
    late_s = times_s(outcome)[0] - numbers(outcome)[0] / 25
    assert -0.001 <= late_s <= 0.081
    assert times_s(outcome) == pytest.approx([number / 25 + late_s for number in numbers(outcome)], abs=0.001)


def test_recording_cut_in_first_fragment_is_incomplete(
    videos: Videos, source: Path, tmp_path: Path, sandbox: Sandbox
) -> None:
    whole = muxed(source, tmp_path / "a.mp4", *flags("frag_keyframe"))
    end = next(end for kind, _, end in boxes(whole.read_bytes()) if kind == b"mdat")
    outcome = extract(sandbox, videos.cut(whole, keep=0.7 * end / whole.stat().st_size))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)


@pytest.mark.parametrize("says", ["an index", "the header"])
def test_cut_video_has_stated_duration(
    videos: Videos, source: Path, tmp_path: Path, sandbox: Sandbox, says: str
) -> None:
    names = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
    options = flags(names + "+dash+global_sidx" if says == "an index" else names)
    path = muxed(source, tmp_path / "a.mp4", "-an", *options)
    if says == "the header":
        changed(path, lambda content: with_mehd(content, DURATION_S * time_scale(content)))
    outcome = extract(sandbox, videos.cut(path, keep=0.6))
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(DURATION_S, abs=0.1)
    first, second, last = numbers(outcome)
    assert (first, second) == (100, 500)
    assert 500 <= last <= 620


def test_undecodable_fragments_are_reported(source: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    """FFmpeg inserts the index before fragments after it has written their offsets."""
    path = muxed(source, tmp_path / "a.mp4", *flags("frag_keyframe+global_sidx+skip_trailer"))
    outcome = extract(sandbox, path)
    assert (outcome.state, outcome.reason_code) == (VideoState.DEGRADED, ReasonCode.INCOMPLETE)
    assert f"of {DURATION_S}." in (outcome.reason or "")


def test_samples_without_duration_repeat_the_last(source: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    def shortened(content: bytes) -> bytes:
        table = content.index(b"stts")
        count, of_all = struct.unpack_from(">II", content, table + 8)
        assert (count, of_all) == (1, 25 * DURATION_S)
        return content[: table + 12] + struct.pack(">I", 25) + content[table + 16 :]

    path = muxed(source, tmp_path / "a.mp4", "-an")
    assert_is_whole(extract(sandbox, changed(path, shortened)))


def test_durations_in_headers_have_no_effect(source: Path, tmp_path: Path, sandbox: Sandbox) -> None:
    def shortened(content: bytes) -> bytes:
        changed_content = bytearray(content)
        for kind, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
            struct.pack_into(">I", changed_content, content.index(kind) + at, 1000)
        return bytes(changed_content)

    path = muxed(source, tmp_path / "a.mp4", "-an", "-use_editlist", "0")
    outcome = extract(sandbox, changed(path, shortened))
    assert outcome.info is not None
    assert outcome.info.duration_s == pytest.approx(DURATION_S, abs=0.1)
    assert numbers(outcome) == WHOLE


def test_half_listed_file_takes_few_reads(videos: Videos, tmp_path: Path) -> None:
    options = ("-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "1M", "-nal-hrd", "cbr", *FRAGMENTED)
    source = videos.video("long.mp4", duration_s=40, gop=50, options=(*FRAGMENTED, *options[:-2]), **SMALL)
    half = muxed(source, tmp_path / "half.mp4", "-t", "20", *INDEX_FIRST).read_bytes()
    content = source.read_bytes()
    moofs = [start for kind, start, _ in boxes(content) if kind == b"moof"]
    path = tmp_path / "both.mp4"
    path.write_bytes(half + content[moofs[10] :])
    counted = Counted(path)
    frames = frames_at(path, [4, 12, 20, 38], counted)
    assert numbers_of(frames) == [100, 300, 500, 950]
    assert [frame.time_s for frame in frames] == pytest.approx([4, 12, 20, 38], abs=0.001)
    assert counted.round_trips <= 14
    assert counted.read_bytes < path.stat().st_size / 2


def test_first_fragment_in_header_takes_few_reads(videos: Videos, tmp_path: Path) -> None:
    rate = ("-b:v", "6M", "-minrate", "6M", "-maxrate", "6M", "-bufsize", "1M", "-nal-hrd", "cbr")
    source = videos.video("long.mp4", duration_s=40, gop=50, options=(*FRAGMENTED, *rate), **SMALL)
    for options in (flags("frag_keyframe"), flags("frag_keyframe+skip_trailer")):
        counted = Counted(muxed(source, tmp_path / "a.mp4", "-y", *options))
        assert numbers_of(frames_at(counted.path, [4, 20, 38], counted)) == WHOLE
        assert counted.round_trips <= 8
