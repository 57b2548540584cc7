"""Compare the thumbnails of all videos in a folder with FFmpeg: `./noxw conformance DIR [--json FILE]`."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import Progress

from benchmarks.conformance.comparison import FileResult, compare_file
from benchmarks.conformance.ffmpeg import FfmpegError, Reference, find_ffmpeg
from benchmarks.conformance.report import make_document, print_report
from services.contract.records import ReasonCode
from services.contract.thumbnails import ThumbnailOptions
from services.contract.version import VERSION
from services.worker.extraction.outcome import ExtractionError, Outcome
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox

_QUALITY = 95
"""Of the JPEG files: the compression must not hide which frame a picture shows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0 if everything agrees, 1 if something differs, 2 if nothing can be compared."""
    parser = argparse.ArgumentParser(
        prog="./noxw conformance",
        description="Extract thumbnails from all videos in a folder, and compare each with the frame that ffmpeg shows "
        "at its time.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of videos, with its subfolders")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was found as JSON")
    given = parser.parse_args(arguments)
    files = sorted(path for path in given.folder.resolve().rglob("*") if path.is_file())
    if not files:
        return _fail(f"no files in {given.folder}")
    try:
        program, version = find_ffmpeg()
    except FfmpegError as error:
        return _fail(str(error))
    versions = {"ffmpeg": version, "OpenCV": cv2.__version__, "thumbnail-pipeline": VERSION}
    with Sandbox(ThumbnailOptions(quality=_QUALITY), Bounds()) as sandbox:
        results = compare_files(files, lambda path: extract(sandbox, path), Reference(program))
    if given.json:
        try:
            given.json.write_text(json.dumps(make_document(results, versions), indent=1), encoding="utf-8")
        except OSError as error:
            return _fail(f"the JSON file cannot be written: {error}")
    print_report(Console(highlight=False), results, versions)
    return 1 if any(result.disagreements for result in results) else 0


def compare_files(
    files: Sequence[Path], extract_file: Callable[[Path], Outcome], reference: Reference
) -> list[FileResult]:
    """Compare files, as many at a time as there are cores, and show the progress."""

    def compare(path: Path) -> FileResult:
        try:
            return compare_file(path, extract_file(path), reference)
        except FfmpegError as error:
            return FileResult(str(path), "unknown", is_decoded=False, reason=str(error))

    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        return list(progress.track(pool.map(compare, files), total=len(files), description="comparing"))


def extract(sandbox: Sandbox, path: Path) -> Outcome:
    """Return the outcome of a file, as the command `extract` does."""
    try:
        with LocalFile(path) as source:
            return sandbox.extract(source)
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror or error}."
        return Outcome.failed(ExtractionError(ReasonCode.STORAGE, reason))


def _fail(message: str) -> int:
    print(f"conformance: {message}", file=sys.stderr)  # noqa: T201 - the command's output
    return 2


if __name__ == "__main__":
    sys.exit(main())
