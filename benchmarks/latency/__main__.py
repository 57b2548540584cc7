"""Measures the time from the end of an upload until its third thumbnail can be read: `./noxw bench latency`."""

import argparse
import contextlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.extraction import floor
from benchmarks.latency import table
from benchmarks.latency.course import Course, Entrant, Run, run_course
from benchmarks.latency.films import FILMS, LENGTHS, Film
from benchmarks.latency.table import Cell, Row
from benchmarks.latency.ways import OURS, WAYS, Way
from services.local.pipeline import run_pipeline

DELAYS_MS = (0, 20, 50)
_WITH_DELAY = ("mp4", "ts")
"""Containers that are measured with a delay, too: one with an index, one without."""
_UPLOADED_UP_TO_BYTES = 32 * 1024 * 1024
"""Larger films, and bursts of more than `_UPLOADED_AT_ONCE`, are copied within S3."""
_UPLOADED_AT_ONCE = 100
_PEER_S = 3.0
"""Time after which a peer is measured no more in a row, if it has one figure."""
_PEERS_AT_ONCE = 20
"""Videos in a first burst of a peer."""
_PATIENCE_S, _START_PATIENCE_S, _PEER_BURST_S = 60.0, 300.0, 40.0
_PATIENCE_PER_VIDEO_S = 2.0


@dataclass(frozen=True)
class Plan:
    rows: tuple[tuple[Film, int], ...]
    """Films one at a time, each with added milliseconds."""
    bursts: tuple[tuple[Film, int], ...]
    rounds: int


def make_plan(*, named: Sequence[str], bursts: Sequence[int], rounds: int, is_quick: bool) -> Plan:
    """Return the rows to measure; `named` selects those whose name contains one of these texts."""
    rows = [(film, 0) for film in FILMS]
    rows += [(film, delay) for delay in DELAYS_MS[1:] for film in FILMS if film.suffix in _WITH_DELAY]
    if is_quick:
        rows = [(film, delay) for film, delay in rows if film.suffix == "mp4" and delay < DELAYS_MS[-1]]
        rows = [(film, delay) for film, delay in rows if film.length is not LENGTHS[-1]]
    firsts = [film for film in FILMS if film.suffix == FILMS[0].suffix]
    # The largest burst only with the short clip: it is the number that matters there.
    crowds = [(film, count) for count in bursts for film in firsts if count < max(bursts) or film is firsts[0]]
    if is_quick:
        crowds = [(firsts[0], count) for count in bursts]
    return Plan(
        tuple(row for row in rows if _is_named(_name(*row), named)),
        tuple(crowd for crowd in crowds if _is_named(f"{crowd[0].name}, burst of {crowd[1]}", named)),
        rounds,
    )


def _name(film: Film, delay_ms: int) -> str:
    return film.name + (f", {delay_ms} ms" if delay_ms else "")


def _is_named(name: str, named: Sequence[str]) -> bool:
    return not named or any(text in name for text in named)


@dataclass
class Bench:
    """Measurement of a plan. `until_s` is the time after which rows are left out."""

    course: Course
    ways: Sequence[Way]
    directory: Path
    until_s: float
    left_out: list[str] = field(default_factory=list)

    def warm_up(self, film: Film, entrants: Sequence[Entrant]) -> None:
        """Let each program process one video. Raises: RuntimeError if ours does not; drops a peer that does not."""
        path = film.make(self.directory)
        for entrant in entrants:
            run = self.course.measure(entrant, path, 1, duration_s=film.duration_s, patience_s=_START_PATIENCE_S)
            if run.latencies_s:
                continue
            if entrant.way.is_ours:
                raise RuntimeError(f"The worker made no thumbnails within {_START_PATIENCE_S:g} s: see its log.")
            self.ways = [way for way in self.ways if way is not entrant.way]
            self.left_out.append(f"{entrant.way.name}: it made no thumbnails of a first video")
        path.unlink()

    def measure_rows(self, plan: Plan) -> Iterator[Row]:
        """Yield the rows of one film after the other, so that only one film needs space on the disk."""
        for film in dict.fromkeys(film for film, _ in (*plan.rows, *plan.bursts)):
            if self._is_late():
                self.left_out += [_name(*row) for row in plan.rows if row[0] is film]
                self.left_out += [f"{film.name}, burst of {count}" for one, count in plan.bursts if one is film]
                continue
            path = film.make(self.directory)
            is_small = path.stat().st_size <= _UPLOADED_UP_TO_BYTES
            decoding_s = floor.measure_bare(path, 3).least_ms / 1000
            with self.course.staged(path, duration_s=film.duration_s) as staged:
                for row in plan.rows:
                    if row[0] is film:
                        yield self._measure_row(film, row[1], path if is_small else staged, decoding_s, plan.rounds)
                for one, count in plan.bursts:
                    if one is film:
                        is_uploaded = is_small and count <= _UPLOADED_AT_ONCE
                        yield self._measure_burst(film, count, path if is_uploaded else staged, decoding_s)
            path.unlink()

    def _measure_row(self, film: Film, delay_ms: int, source: Path | str, decoding_s: float, rounds: int) -> Row:
        """Measure all programs in turn, so that a slow minute of the machine affects all of them."""
        self.course.proxy.delay_s = delay_ms / 1000
        latencies: dict[str, list[float]] = {way.name: [] for way in self.ways}
        missing = dict.fromkeys(latencies, 0)
        for _ in range(rounds):
            for way in self.ways:
                seen = latencies[way.name]
                is_enough = sum(seen) > _PEER_S and not way.is_ours
                if missing[way.name] or is_enough or (seen and self._is_late()):
                    continue
                run = self.course.measure(
                    Entrant(way, delay_ms > 0), source, 1, duration_s=film.duration_s, patience_s=_PATIENCE_S
                )
                seen += run.latencies_s
                missing[way.name] += 1 - len(run.latencies_s)
        cells = {name: Cell(seen, missing[name]) for name, seen in latencies.items()}
        return Row(film.length.name, film.name, delay_ms, 1, self._bound_s(decoding_s, delay_ms), cells)

    def _measure_burst(self, film: Film, count: int, source: Path | str, decoding_s: float) -> Row:
        cells = {}
        for way in self.ways:
            if not way.is_ours and self._is_late():
                continue
            measure = partial(self.course.measure, Entrant(way, is_distant=False), source, duration_s=film.duration_s)
            if way.is_ours:
                run = measure(count=count, patience_s=_PATIENCE_S + count * _PATIENCE_PER_VIDEO_S)
            else:
                run = measure(count=min(count, _PEERS_AT_ONCE), patience_s=_PEER_BURST_S)
                whole = min(count, _UPLOADED_AT_ONCE)
                # A rate of few videos depends more on the first and the last one: a fast peer gets as many as ours.
                if whole > run.count == len(run.latencies_s) and run.total_s * whole / run.count < _PEER_BURST_S:
                    run = measure(count=whole, patience_s=_PATIENCE_S + _PEER_BURST_S)
            cells[way.name] = _make_cell(run)
        return Row(film.length.name, film.name, 0, count, self._bound_s(decoding_s, 0), cells)

    def _bound_s(self, decoding_s: float, delay_ms: int) -> float:
        return table.lower_bound_s(decoding_s, self.course.measure_round_trip_s(), delay_ms / 1000)

    def _is_late(self) -> bool:
        return time.monotonic() > self.until_s


def _make_cell(run: Run) -> Cell:
    return Cell(run.latencies_s, run.count - len(run.latencies_s), run.total_s)


def main() -> int:
    """Run the benchmark; return 1 if a peer is ahead or a goal is missed."""
    arguments = _parse_arguments()
    ways = [way for way in WAYS if way.name in (arguments.ways or [way.name])]
    lacks = {way: way.find_lack() for way in ways}
    running = [way for way in ways if not lacks[way]]
    plan = make_plan(named=arguments.rows, bursts=arguments.bursts, rounds=arguments.rounds, is_quick=arguments.quick)
    _say(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, "
        f"Python {platform.python_version()}; {len(plan.rows)} rows, {len(plan.bursts)} bursts, "
        f"{plan.rounds} rounds, at most about {arguments.minutes:g} minutes"
    )
    for way in ways:
        _say(f"{way.title}: {way.about}" + (f" (left out: {lacks[way]})" if lacks[way] else ""))
    until_s = time.monotonic() + 60 * arguments.minutes
    if arguments.directory:
        arguments.directory.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.directory)))
        pipeline = stack.enter_context(run_pipeline(work / "pipeline", workers=0, say=_say))
        reaches = [False, True] if any(delay for _, delay in plan.rows) else [False]
        entrants = [Entrant(way, is_distant) for way in running for is_distant in reaches]
        course = stack.enter_context(run_course(pipeline, entrants, say=_say))
        bench = Bench(course, running, arguments.directory or work, until_s)
        try:
            bench.warm_up(FILMS[0], entrants)
            rows = _print_rows(bench, plan, ways)
        except RuntimeError as error:
            _say(f"{error} The logs are in {pipeline.data / 'logs'}.")
            return 1
    lost = [text for row in rows for text in row.list_lost(ways)]
    for text in bench.left_out:
        _say(f"left out: {text}")
    _say("\n" + (f"{len(lost)} lost\n" + "\n".join(f"- {text}" for text in lost) if lost else "ahead in every row"))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 1 if lost else 0


def _print_rows(bench: Bench, plan: Plan, ways: Sequence[Way]) -> list[Row]:
    """Print each row when it is measured, and both tables at the end."""
    rows = []
    for row in bench.measure_rows(plan):
        rows.append(row)
        ours = row.cells[OURS].latencies_s
        figure = f"p50 {table.percentile(ours, 50):.3f} s" if ours else "no thumbnails"
        _say(f"[{len(rows)}/{len(plan.rows) + len(plan.bursts)}] {row.name}: {figure}")
    for headings, format_row, shown in (
        (table.single_headings(ways), table.format_single, [row for row in rows if row.count == 1]),
        (table.burst_headings(ways), table.format_burst, [row for row in rows if row.count > 1]),
    ):
        if shown:
            lines = [headings, ["---"] * len(headings), *(format_row(row, ways) for row in shown)]
            _say("\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))
    return rows


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./noxw bench latency", description=__doc__)
    parser.add_argument("--rows", nargs="*", default=[], metavar="TEXT", help="only rows with one of these in the name")
    parser.add_argument("--bursts", nargs="*", type=int, metavar="N", help="sizes of bursts (default: 100 1000)")
    parser.add_argument("--rounds", type=int, help="videos of each row, one at a time (default: 10)")
    parser.add_argument("--ways", nargs="*", choices=[way.name for way in WAYS], help="only these programs")
    parser.add_argument(
        "--minutes", type=float, default=6.0, help="start no row after this time (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="a minute: four rows, one burst of 20, three rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to a file")
    parser.add_argument("--directory", type=Path, help="where films are made and clips kept (default: temporary)")
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = 3 if arguments.quick else 10
    if arguments.bursts is None:
        arguments.bursts = [20] if arguments.quick else [100, 1000]
    if arguments.ways and OURS not in arguments.ways:
        parser.error("--ways needs `ours`: the other programs are compared with it")
    if arguments.rounds < 1 or any(count < 2 for count in arguments.bursts):
        parser.error("--rounds must be 1 or more, --bursts 2 or more")
    return arguments


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
