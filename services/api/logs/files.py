"""Log lines from the files of a pipeline on one machine, read backwards from their ends."""

import heapq
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from services.api.logs.lines import Line, LogQuery, Reading, parse_object, parse_time, take_page
from services.api.logs.models import Service

_BLOCK_BYTES = 256 * 1024
_MAX_BYTES = 16 * 1024 * 1024
"""Bytes of one file that one request reads: half a second of CPU."""


class LogFiles:
    """The files `api.log`, `frames.log`, `dashboard.log` and `worker-N.log` of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, question: LogQuery) -> Reading:
        """Return the newest lines that match. Raises: OSError."""
        found = sorted(self._folder.glob("*.log"))
        files = [_FileLines(file, service) for file in found if (service := _name_service(file))]
        merged = heapq.merge(*(file.lines() for file in files), key=lambda line: line.at, reverse=True)
        reading = take_page(merged, question)
        unread = [file.unread_before for file in files if file.unread_before]
        return Reading(
            [line for line in reading.lines if line.at >= max(unread, default=line.at)],
            max([reading.read_since, *unread]),
        )


class _FileLines:
    def __init__(self, file: Path, service: Service) -> None:
        self._file = file
        self._service = service
        self._earliest: datetime | None = None
        self.unread_before: datetime | None = None
        """Time of the earliest line that was read, if there are more before it."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines, the newest first. Text without a time, such as a traceback, has that of the line before."""
        texts: list[tuple[int, str]] = []
        for offset, raw in self._read_backwards():
            text = raw.decode(errors="replace").rstrip()
            fields = parse_object(text)
            time = parse_time(fields.get("timestamp")) if fields else None
            if fields is None or time is None:
                if text:
                    texts.append((offset, text))
                continue
            self._earliest = time
            yield from (self._make_text(offset, time, text) for offset, text in texts)
            texts.clear()
            yield Line(f"{self._file.stem}:{offset}", time, self._service, self._file.stem, "", fields)
        if texts:
            first = self._earliest or datetime.fromtimestamp(int(self._file.stat().st_mtime), UTC)
            yield from (self._make_text(offset, first, text) for offset, text in texts)

    def _make_text(self, offset: int, at: datetime, text: str) -> Line:
        return Line(f"{self._file.stem}:{offset}", at, self._service, self._file.stem, text)

    def _read_backwards(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines with their offsets, the last one first."""
        with self._file.open("rb") as opened:
            end = opened.seek(0, os.SEEK_END)
            first, rest = max(0, end - _MAX_BYTES), b""
            while end > first:
                begin = max(first, end - _BLOCK_BYTES)
                opened.seek(begin)
                block = opened.read(end - begin) + rest
                # The first line of a block begins in the block before.
                rest, *whole = block.split(b"\n") if begin else [b"", *block.split(b"\n")]
                offset = begin + len(block)
                for line in reversed(whole):
                    offset -= len(line)
                    yield offset, line
                    offset -= 1
                end = begin
            if first:
                self.unread_before = self._earliest


def _name_service(file: Path) -> Service | None:
    match file.stem.partition("-")[0]:
        case "worker":
            return "worker"
        case "api":
            return "api"
        case "frames":
            return "frames"
        case "dashboard" if file.stem == "dashboard":
            return "frontend"
    return None
