"""The command `extract`: the worker's extraction on local files."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import chain, count
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Column, Table

from services.contract.formats import is_video_name
from services.contract.keys import UPLOAD_PREFIX, preview_key, thumbnail_bases, thumbnail_key
from services.contract.records import ReasonCode
from services.contract.storyboards.layout import StoryboardFormat, StoryboardPreset, choose_layout
from services.contract.text import escape_deceptive
from services.contract.thumbnails import ImageFormat, ThumbnailOptions, check_positions
from services.worker import pictures
from services.worker.extraction.outcome import ExtractionError, Outcome
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox

_MAX_BASE_BYTES = 239
"""File systems allow 255 bytes for a name: this base, then the longest ending, such as `_storyboard.webp`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = ThumbnailOptions()
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="a video, or a folder of videos")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the thumbnails")
    parser.add_argument("--json", action="store_true", help="print one JSON object per video instead of a table")
    parser.add_argument(
        "--positions",
        type=_parse_positions,
        default=default.positions_pct,
        metavar="PCT,PCT,...",
        help="positions in percent of the duration (default: 10,50,95)",
    )
    parser.add_argument(
        "--width",
        type=_parse_within("width_px"),
        default=default.width_px,
        metavar="PX",
        help="maximum width (default: %(default)s)",
    )
    parser.add_argument(
        "--quality",
        type=_parse_within("quality"),
        default=default.quality,
        metavar="N",
        help="1 to 100 (default: %(default)s)",
    )
    parser.add_argument(
        "--format",
        choices=[image_format.value for image_format in ImageFormat],
        default=default.format.value,
        help="format of the thumbnails (default: %(default)s)",
    )
    parser.add_argument(
        "--no-smart", action="store_true", help="take the nearest picture, even if it is black or blurred"
    )
    parser.add_argument(
        "--background",
        type=_parse_background,
        default=default.background,
        metavar="#RRGGBB",
        help="colour behind transparent pictures (default: %(default)s)",
    )
    _add_storyboard_arguments(parser)
    parser.add_argument("--preview", action="store_true", help="also write a short animated WebP")


def _add_storyboard_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--storyboard", action="store_true", help="also write a sheet of small pictures with a WebVTT track"
    )
    parser.add_argument(
        "--storyboard-formats",
        type=_parse_formats,
        default=(),
        metavar="NAME,NAME,...",
        help="with --storyboard: further files for players, of " + ", ".join(StoryboardFormat),
    )
    parser.add_argument(
        "--storyboard-preset",
        type=StoryboardPreset,
        choices=list(StoryboardPreset),
        default=StoryboardPreset.WEB,
        help="with --storyboard: size, interval and columns of its tiles (default: %(default)s)",
    )


def run_extraction(arguments: argparse.Namespace) -> int:
    """Return the exit status: 0 if every video has thumbnails, 1 if one has none, 2 if a file cannot be written."""
    videos = list(_list_videos(arguments.videos))
    if not videos:
        _print_error("no videos in " + ", ".join(map(str, arguments.videos)))
        return 1
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)
        return _extract_all(arguments, videos)
    except OSError as error:
        _print_error(f"the thumbnails cannot be written: {error}")
        return 2


def _extract_all(arguments: argparse.Namespace, videos: Sequence[Path]) -> int:
    options = ThumbnailOptions(
        positions_pct=arguments.positions,
        width_px=arguments.width,
        quality=arguments.quality,
        format=arguments.format,
        smart=not arguments.no_smart,
        background=arguments.background,
        storyboard=arguments.storyboard,
        storyboard_layout=choose_layout(arguments.storyboard_preset, formats=arguments.storyboard_formats),
        preview=arguments.preview,
    )
    bases = _choose_bases(videos)
    reports = []
    with (
        Sandbox(options, Bounds()) as sandbox,
        ThreadPoolExecutor(os.cpu_count()) as pool,
        Progress(console=Console(stderr=True), transient=True, disable=arguments.json) as progress,
    ):
        outcomes = pool.map(lambda video: _extract(sandbox, video), videos)
        for video, base, outcome in zip(videos, bases, progress.track(outcomes, total=len(videos)), strict=True):
            report = _make_report(video, outcome, _write_thumbnails(arguments.output, base, outcome, options.format))
            report |= _write_overview(arguments.output, base, outcome, options)
            reports.append(report)
            if arguments.json:
                # In ASCII, because a file name need not be Unicode.
                print(json.dumps(report), flush=True)  # noqa: T201 - the command's output
    if not arguments.json:
        _print_summary(reports, arguments.output)
    return 0 if all(report["state"] != "failed" for report in reports) else 1


def _print_error(message: str) -> None:
    print(f"extract: {_shown(message)}", file=sys.stderr)  # noqa: T201 - the command's output


def _printable(text: str) -> str:
    """Replace each byte of a file name that is not Unicode by a question mark."""
    return text.encode(errors="replace").decode()


def _shown(text: str) -> str:
    return escape_deceptive(_printable(text))


def _parse_within(option: str) -> Callable[[str], int]:
    """Return a parser of the numbers that the contract allows for an option."""

    def number(text: str) -> int:
        try:
            return int(getattr(ThumbnailOptions.model_validate({option: int(text)}), option))
        except ValidationError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {error.errors()[0]['msg']}") from error
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: not a whole number") from error

    return number


def _parse_background(text: str) -> str:
    try:
        return ThumbnailOptions(background=text).background
    except ValidationError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: not a colour such as #ffffff") from error


def _parse_formats(text: str) -> tuple[StoryboardFormat, ...]:
    try:
        return tuple(StoryboardFormat(part) for part in text.split(",") if part)
    except ValueError as error:
        names = ", ".join(StoryboardFormat)
        raise argparse.ArgumentTypeError(f"{text!r}: names are {names}, separated by commas") from error


def _parse_positions(text: str) -> tuple[float, ...]:
    try:
        return check_positions(tuple(float(part) for part in text.split(",")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _list_videos(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and is_video_name(file.name))
        else:
            yield path


def _choose_bases(videos: Sequence[Path]) -> list[str]:
    """Return a unique base name for the thumbnails of each video, formed as in the bucket.

    Videos with the same name in different folders are numbered. Some file systems treat `A` and `a` as one name.
    """
    taken: set[str] = set()
    bases = []
    for video in videos:
        preferred = [_shorten(base) for base in thumbnail_bases(UPLOAD_PREFIX + _printable(video.name), "")]
        candidates = chain(preferred, (f"{preferred[0]}~{number}" for number in count(2)))
        base = next(candidate for candidate in candidates if candidate.casefold() not in taken)
        taken.add(base.casefold())
        bases.append(base)
    return bases


def _shorten(base: str) -> str:
    return base.encode()[:_MAX_BASE_BYTES].decode(errors="ignore")


def _extract(sandbox: Sandbox, video: Path) -> Outcome:
    try:
        with LocalFile(video) as source:
            return sandbox.extract(source)
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror or error}."
        return Outcome.failed(ExtractionError(ReasonCode.STORAGE, reason))


def _write_thumbnails(output: Path, base: str, outcome: Outcome, image_format: ImageFormat) -> list[Path]:
    numbers = range(1, len(outcome.pictures) + 1)
    files = [output / thumbnail_key(base, number, image_format.extension) for number in numbers]
    for file, picture in zip(files, outcome.pictures, strict=True):
        file.write_bytes(picture.data)
    return files


def _write_overview(output: Path, base: str, outcome: Outcome, options: ThumbnailOptions) -> dict[str, str | None]:
    """Write the storyboard and the preview if requested; return the path of each, or None if the video gave none."""
    written: dict[str, str | None] = {}
    if options.storyboard:
        written["storyboard"] = None
        if outcome.storyboard and outcome.info:
            formats, duration_s = options.storyboard_layout.formats, outcome.info.duration_s or 0
            storyboard, files = pictures.describe_storyboard(
                outcome.storyboard, base, duration_s, options.format, formats
            )
            for file in files:
                (output / file.key).write_bytes(file.body)
            written["storyboard"] = str(output / storyboard.key)
    if options.preview:
        written["preview"] = None
        if outcome.preview:
            (output / preview_key(base)).write_bytes(outcome.preview.data)
            written["preview"] = str(output / preview_key(base))
    return written


def _make_report(video: Path, outcome: Outcome, files: Sequence[Path]) -> dict[str, Any]:
    info = outcome.info
    return {
        "video": str(video),
        "state": outcome.state,
        "reason_code": outcome.reason_code,
        "reason": outcome.reason,
        "duration_s": info and info.duration_s,
        "width_px": info and info.width_px,
        "height_px": info and info.height_px,
        "codec": info and info.codec,
        "container": info and info.container,
        "thumbnails": [
            {
                "position_pct": picture.position_pct,
                "time_s": picture.time_s,
                "file": str(file),
                "width_px": picture.width_px,
                "height_px": picture.height_px,
                "size_bytes": len(picture.data),
                "note": picture.note,
            }
            for file, picture in zip(files, outcome.pictures, strict=True)
        ],
        "index_failure": outcome.index_failure and asdict(outcome.index_failure),
        "bytes_read": outcome.usage.bytes_read,
        "requests": outcome.usage.requests,
        "cpu_s": outcome.usage.cpu_s,
    }


def _print_summary(reports: Sequence[dict[str, Any]], output: Path) -> None:
    """Print a table with a row a video, then each reason on lines of its own, then the folder of the thumbnails."""
    console = Console(highlight=False)
    table = Table(
        Column("video", overflow="fold", min_width=12),
        Column("state", no_wrap=True),
        Column("duration", justify="right", no_wrap=True),
        Column("size", no_wrap=True),
        Column("codec", no_wrap=True),
        Column("times (s)", min_width=9),
        Column("read", justify="right", no_wrap=True),
        Column("CPU", justify="right", no_wrap=True),
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
    )
    for report in reports:
        table.add_row(
            escape(_shown(Path(report["video"]).name)),
            f"[{'red' if report['state'] == 'failed' else 'green'}]{report['state']}[/]",
            f"{report['duration_s']:.2f} s" if report["duration_s"] else "",
            f"{report['width_px']}x{report['height_px']}" if report["width_px"] else "",
            escape(_shown(report["codec"] or "")),
            ", ".join(f"{thumbnail['time_s']:.2f}" for thumbnail in report["thumbnails"]),
            f"{report['bytes_read'] / 1e6:.2f} MB",
            f"{report['cpu_s'] * 1000:.0f} ms",
        )
    console.print(table)
    for report in reports:
        if report["reason"] is not None:
            console.print(f"\n{escape(_shown(report['video']))}:\n  {escape(_shown(report['reason']))}")
    count = sum(len(report["thumbnails"]) for report in reports)
    console.print(f"\n{count} thumbnails are in {escape(_shown(str(output)))}", soft_wrap=True)
