"""CPU that each shortcut of the extraction saves: `./noxw bench extraction --shortcuts`.

Each row extracts one video in processes of its own, in turn with the shortcut and without it.
"""

import gc
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast
from unittest.mock import patch

import cv2

from benchmarks.extraction import videos
from benchmarks.extraction.ways import measure_ms, run_in_child
from services.contract.records import VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import codecs
from services.worker.extraction.codecs.codec import keep_all
from services.worker.extraction.containers.stream import CodedSample, Stream
from services.worker.extraction.extract import extract
from services.worker.extraction.frames import decode, indexed
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.request import SearchLimits
from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.reading.source import LocalFile

_MAX_CPU_S = 600.0


@dataclass(frozen=True)
class Shortcut:
    """One shortcut, the videos that use it, and a patch that switches it off."""

    name: str
    videos: Sequence[tuple[str, int]]
    switch_off: Callable[[], AbstractContextManager[object]]


def _change_codec(decoder: str, **changes: object) -> AbstractContextManager[object]:
    codec = replace(codecs.get_codec(decoder), **changes)  # type: ignore[arg-type]
    return patch.dict(codecs._BY_DECODER, {decoder: codec})  # noqa: SLF001 - the registry is fixed at run time


def _scale_after_conversion() -> AbstractContextManager[object]:
    def choose_size(stream: Stream, size: decode.PictureShape, **options: bool) -> tuple[int, int]:
        return real(stream, replace(size, thumbnail_px=size.stored_px), **options)

    real = decode._choose_declared_size  # noqa: SLF001 - switched off here
    return patch.object(decode, "_choose_declared_size", choose_size)


def _resize_in_one_step() -> AbstractContextManager[object]:
    def resize(image: Image, size_px: tuple[int, int]) -> Image:
        return cast("Image", cv2.resize(image, size_px, interpolation=cv2.INTER_AREA))

    return patch.object(thumbnail, "resize_image", resize)


def _decode_each_chain() -> AbstractContextManager[object]:
    def decode_chains(self: indexed.IndexSearch, chains: Sequence[Sequence[CodedSample]]) -> list[Frame | None]:
        return [self._decode_chain(chain, [chain[-1]])[0] if chain else None for chain in chains]

    return patch.object(indexed.IndexSearch, "_decode_chains", decode_chains)


_LONG_GOP = ("h264 mp4, GOP 10 s", videos.SHORT_S)
SHORTCUTS = (
    Shortcut("unreferenced pictures, H.264", (_LONG_GOP,), partial(_change_codec, "h264", select_needed=keep_all)),
    Shortcut(
        "unreferenced pictures, HEVC",
        ((videos.HEVC_LONG_GOP, videos.SHORT_S),),
        partial(_change_codec, "hevc", select_needed=keep_all),
    ),
    Shortcut(
        "unreferenced frames, AV1",
        (("av1 mp4", videos.SHORT_S),),
        partial(_change_codec, "av1", select_needed=keep_all),
    ),
    Shortcut(
        "open groups, HEVC",
        (("hevc mp4", videos.MEDIUM_S), (videos.HLG, videos.MEDIUM_S)),
        partial(_change_codec, "hevc", isolate_keyframe=lambda _extradata, keyframe: keyframe),
    ),
    Shortcut(
        "BT.709 label, HEVC",
        ((videos.HLG, videos.MEDIUM_S),),
        partial(_change_codec, "hevc", label_bt709=None),
    ),
    Shortcut("chains of one keyframe together", (_LONG_GOP,), _decode_each_chain),
    Shortcut(
        "AVI of the thumbnail's size",
        (("h264 mp4, GOP 2 s", videos.MEDIUM_S), ("hevc mp4", videos.MEDIUM_S)),
        _scale_after_conversion,
    ),
    Shortcut("halving in place of INTER_AREA", ((videos.HLG, videos.MEDIUM_S),), _resize_in_one_step),
)


def compare_shortcuts(directory: Path, rounds: int, only: str = "") -> Iterator[str]:
    """Yield the rows of a table: shortcut, video, CPU in ms with and without it, and the share that it saves."""
    yield "shortcut | video | with ms | without ms | saves"
    yield "--- | --- | --- | --- | ---"
    by_name = {(video.name, video.duration_s): video for video in videos.list_shortcut_videos()}
    used = dict.fromkeys(name for shortcut in SHORTCUTS for name in shortcut.videos)
    for name in used:
        if only not in name[0]:
            continue
        path = videos.make_video(by_name[name], directory)
        for shortcut in SHORTCUTS:
            if name in shortcut.videos:
                yield _compare(shortcut, path, f"{name[0]}, {name[1]} s", rounds)
        path.unlink()


def _compare(shortcut: Shortcut, path: Path, label: str, rounds: int) -> str:
    costs: dict[bool, list[float]] = {True: [], False: []}
    gc.collect()
    gc.freeze()
    _extract(path)
    for _ in range(rounds):
        costs[True].append(measure_ms(partial(run_in_child, partial(_extract, path))))
        with shortcut.switch_off():
            costs[False].append(measure_ms(partial(run_in_child, partial(_extract, path))))
    used_ms, unused_ms = statistics.median(costs[True]), statistics.median(costs[False])
    return f"{shortcut.name} | {label} | {used_ms:.0f} | {unused_ms:.0f} | {100 * (1 - used_ms / unused_ms):.0f} %"


def _extract(path: Path) -> None:
    with LocalFile(path) as source:
        reader = RangedReader(source.read, source.size_bytes)
        outcome = extract(reader, ThumbnailOptions(), SearchLimits(read_bytes=sys.maxsize, cpu_s=_MAX_CPU_S))
    if outcome.state is not VideoState.DONE or outcome.index_failure:
        raise RuntimeError(f"{path.name}: {outcome.state}: {outcome.reason}, {outcome.index_failure}")
