"""Damages sample videos at random, and shows them to the parsers and to a real child: `./noxw fuzz --minutes N`.

What must never happen: a crash or a hang of the worker, an exception that nobody expects, a child that dies, and a lie:
`done` with pictures that are none. Each child is asked for something else: other positions, formats, widths, with a
storyboard and a preview or without. What fails is kept, with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction import containers
from services.worker.extraction import containers as inspection
from services.worker.extraction.codecs import get_codec
from services.worker.extraction.containers.stream import read_samples
from services.worker.extraction.extract import UNUSABLE
from services.worker.extraction.outcome import (
    ExtractedPicture,
    ExtractedPreview,
    ExtractedStoryboard,
    ExtractionError,
    Outcome,
)
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox
from tests.support.sandboxes import Source
from tests.support.videos import FRAGMENTED, UNINDEXED, Videos

SAMPLES = (
    ("a.mp4", "h264", ()),
    ("b.mp4", "hevc", ()),
    ("c.mp4", "av1", ()),
    ("d.mp4", "h264", FRAGMENTED),
    ("e.mov", "prores", ()),
    ("f.mkv", "h264", ()),
    ("g.mkv", "mpeg4", UNINDEXED),
    ("h.webm", "vp9", ()),
    ("i.webm", "vp8", ()),
    ("j.avi", "mpeg4", ()),
    ("k.flv", "h264", ()),
    ("l.ts", "h264", ()),
    ("m.ts", "mpeg2video", ("-q:v", "4", "-flags", "+ilme+ildct")),
    ("n.wmv", "wmv2", ()),
    ("o.mp4", "h264", ("-flags", "+ilme+ildct", "-x264-params", "tff=1")),
    ("p.mp4", "hevc", ("-x265-params", "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc")),
    ("q.mp4", "h264", ("-movflags", "+frag_keyframe")),
)
CHOICES = (
    ThumbnailOptions(width_px=160),
    ThumbnailOptions(width_px=160, storyboard=True, preview=True),
    ThumbnailOptions(width_px=64, smart=False, format=ImageFormat.WEBP, storyboard=True),
    ThumbnailOptions(width_px=320, format=ImageFormat.AVIF, preview=True, positions_pct=(50.0,)),
    ThumbnailOptions(width_px=160, smart=False, positions_pct=tuple(range(5, 100, 5))),
    ThumbnailOptions(width_px=4096, storyboard=True, preview=True, positions_pct=(0.01, 99.99)),
)
"""Options of the extractions, in turn."""
MAGIC = {ImageFormat.JPEG: b"\xff\xd8\xff", ImageFormat.WEBP: b"RIFF", ImageFormat.AVIF: b"\0\0\0"}
BOUNDS = Bounds(deadline_s=30, cpu_s=20, memory_mb=1024, read_mb=64, requests=2000)
MOST_PARSER_CPU_S = 5.0
PARSED_PER_CHILD = 8
UNEXPECTED = {ReasonCode.CRASHED, ReasonCode.TIMEOUT, ReasonCode.INTERNAL, ReasonCode.STORAGE}
INTERESTING = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


def damaged(samples: list[bytes], dice: random.Random) -> bytes:
    """One sample, changed in one to eight ways."""
    data = bytearray(dice.choice(samples))
    for _ in range(dice.randint(1, 8)):
        if len(data) < 16:
            break
        # Headers are at the ends, as a rule.
        near = dice.choice((len(data), min(len(data), 4096), min(len(data), 256)))
        at = dice.randrange(near) if dice.random() < 0.8 else len(data) - 1 - dice.randrange(near)
        kind = dice.randrange(7)
        if kind == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            data[at] = dice.randrange(256)
        elif kind == 2:
            number = dice.choice(INTERESTING)
            order = dice.choice(("big", "little"))
            data[at : at + 4] = number.to_bytes(4, "big" if order == "big" else "little")
        elif kind == 3:
            del data[max(at, 16) :]
        elif kind == 4:
            del data[at : at + dice.randint(1, 512)]
        elif kind == 5:
            other = dice.choice(samples)
            start = dice.randrange(len(other))
            data[at:at] = other[start : start + dice.randint(1, 2048)]
        else:
            data[at:at] = data[at : at + dice.randint(1, 512)]
    return bytes(data)


def parse(content: bytes) -> None:
    """Everything of ours that reads hostile bytes, without a decoder."""
    reader = RangedReader(lambda offset, length: content[offset : offset + length], len(content))
    container = inspection.recognise_container(content[: inspection.HEAD_BYTES])
    if container is None:
        return
    container.inspect_contents(reader.read_at, reader.size_bytes)
    index = containers.open_index(reader, container.name)
    duration_s = index.stream.duration_s
    if not 0 < duration_s < 1e8:
        return
    samples = index.find_nearest([duration_s * share for share in (0.1, 0.5, 0.95)])
    index.find_near(duration_s / 2, 5)
    run = index.find_decode_chain(duration_s / 2, 100)
    run_data = read_samples(reader, run[:3])
    for data in [*read_samples(reader, samples), *run_data]:
        stream = index.stream
        codec = get_codec(stream.decoder)
        codec.describe(stream.extradata, data)
        codec.isolate_keyframe(stream.extradata, data)
        if codec.label_bt709:
            codec.label_bt709(stream.extradata, data)
        if codec.make_progressive:
            codec.make_progressive(stream.extradata, [data])
        codec.select_needed(stream.extradata, [data, *run_data], [False] * (1 + len(run_data)))


def complaint_of_parsers(content: bytes) -> str | None:
    before = time.process_time()
    try:
        parse(content)
    except (*UNUSABLE, ExtractionError):
        pass
    except Exception:  # noqa: BLE001 - what is looked for
        return traceback.format_exc(limit=-6)
    took_s = time.process_time() - before
    return f"the parsers took {took_s:.1f} s" if took_s > MOST_PARSER_CPU_S else None


def complaint_about(outcome: Outcome, options: ThumbnailOptions) -> str | None:
    if outcome.reason_code in UNEXPECTED:
        return f"{outcome.reason_code}: {outcome.reason}"
    if outcome.state is VideoState.FAILED:
        return None
    lies = {
        "other pictures": [picture.position_pct for picture in outcome.pictures] != list(options.positions_pct),
        "a picture that is none": not all(is_picture(picture, options.format) for picture in outcome.pictures),
        "a storyboard": outcome.storyboard and not (options.storyboard and is_sheet(outcome.storyboard)),
        "a preview": outcome.preview and not (options.preview and is_animation(outcome.preview)),
    }
    return next((what for what, is_lie in lies.items() if is_lie), None)


def is_picture(picture: ExtractedPicture, image_format: ImageFormat) -> bool:
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    is_right_size = image is not None and image.shape[:2] == (picture.height_px, picture.width_px)
    return is_right_size and picture.data.startswith(MAGIC[image_format])


def is_sheet(storyboard: ExtractedStoryboard) -> bool:
    sheet = cv2.imdecode(np.frombuffer(storyboard.data, np.uint8), cv2.IMREAD_COLOR)
    rows = -(-storyboard.tiles // storyboard.columns)
    size = (rows * storyboard.tile_height_px, storyboard.columns * storyboard.tile_width_px)
    return sheet is not None and sheet.shape[:2] == size


def is_animation(preview: ExtractedPreview) -> bool:
    ok, animation = cv2.imdecodeanimation(np.frombuffer(preview.data, np.uint8).reshape(1, -1))
    sizes = {frame.shape[:2] for frame in animation.frames}
    return ok and len(animation.frames) == preview.frames and sizes == {(preview.height_px, preview.width_px)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="makes the same damage again")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="where what fails is kept")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    dice = random.Random(seed)  # noqa: S311 - damage, no secret
    until = time.monotonic() + 60 * arguments.minutes
    counts: Counter[str] = Counter()
    failures = 0
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        sandboxes = [(options, stack.enter_context(Sandbox(options, BOUNDS))) for options in CHOICES]
        videos = Videos(Path(directory))
        samples = [
            videos.video(name, codec=codec, duration_s=2, width_px=192, height_px=108, options=options).read_bytes()
            for name, codec, options in SAMPLES
        ]
        for number in itertools.count():
            if time.monotonic() > until:
                break
            content = damaged(samples, dice)
            complaint = complaint_of_parsers(content)
            counts["parsed"] += 1
            if complaint is None and number % PARSED_PER_CHILD == 0:
                options, sandbox = sandboxes[number // PARSED_PER_CHILD % len(sandboxes)]
                outcome = sandbox.extract(Source(content))
                counts[f"{outcome.state} {outcome.reason_code or ''}".strip()] += 1
                complaint = complaint_about(outcome, options)
            if complaint:
                failures += 1
                arguments.keep.mkdir(exist_ok=True)
                path = arguments.keep / f"{seed}-{number}.bin"
                path.write_bytes(content)
                print(f"{path}: {complaint}", flush=True)  # noqa: T201 - the command's output
    print(f"seed {seed}: " + ", ".join(f"{count} {what}" for what, count in counts.most_common()))  # noqa: T201 - the command's output
    print(f"{failures} failures")  # noqa: T201 - the command's output
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
