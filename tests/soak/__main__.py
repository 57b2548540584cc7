"""Run the pipeline under a steady load, and check that memory and open files of its processes stay flat.

The folder of the report gets a table, the samples as JSON and a plot. The status is 0 if each figure grows by at most
5 % from the first quarter after the warm-up to the last.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from services.local import dashboard as node_server
from services.local.access import Ports, reserve_port
from services.local.pipeline import run_pipeline
from tests.faults.clips import ClipFolder
from tests.soak.load import Load
from tests.soak.measure import Sample, list_processes, measure_process
from tests.soak.plot import draw_plot
from tests.soak.trend import TooFewSamplesError, Trend, compute_trends

_MAX_WARM_UP_S = 900.0
"""DynamoDB, and the embedded AWS, keep the token of each transaction for ten minutes."""

_SAMPLE_EVERY_S = 3.0
_COLLECT_GARBAGE = Path(__file__).with_name("collect_garbage.cjs")
_NEW_SPACE = ("--min-semi-space-size=16", "--max-semi-space-size=16")
"""Node.js's room for new objects, in MiB. It would change between 1 and 16 with the load, and hide growth."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, metavar="N", help="length (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="workers (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("soak-report"), metavar="DIR", help="folder of the report")
    arguments = parser.parse_args()
    warm_up_s = min(_MAX_WARM_UP_S, arguments.minutes * 60 / 2)
    said: list[str] = []
    command = _build_dashboard(arguments.output)
    with tempfile.TemporaryDirectory() as folder:
        samples, counts = run_soak(
            Path(folder), minutes=arguments.minutes, workers=arguments.workers, dashboard=command, said=said
        )
    series = {process: [asdict(sample) for sample in taken] for process, taken in samples.items()}
    (arguments.output / "samples.json").write_text(json.dumps(series), encoding="utf-8")
    (arguments.output / "soak.svg").write_text(draw_plot(samples, warm_up_s=warm_up_s), encoding="utf-8")
    try:
        trends = compute_trends(samples, warm_up_s=warm_up_s)
    except TooFewSamplesError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's output
        return 2
    table = format_table(trends, counts, minutes=arguments.minutes)
    (arguments.output / "soak.md").write_text(table, encoding="utf-8")
    print(table, *said, sep="\n")  # noqa: T201 - the command's output
    return 0 if all(trend.is_flat for trend in trends) and not said else 1


def _build_dashboard(output: Path) -> Sequence[str] | None:
    """Return the command that runs the dashboard; None without Node.js."""
    output.mkdir(parents=True, exist_ok=True)
    node = node_server.find_node()
    if node is None:
        print(f"{node_server.HOW_TO_GET_NODE} This soak runs without it.", file=sys.stderr)  # noqa: T201 - the command's output
        return None
    log = output / "dashboard-build.log"
    built = node_server.build_dashboard(node, log=log, progress=print, sources=node_server.find_sources(output))
    program, *arguments = built
    return [program, "--expose-gc", *_NEW_SPACE, f"--require={_COLLECT_GARBAGE}", *arguments]


def run_soak(
    folder: Path, *, minutes: float, workers: int, dashboard: Sequence[str] | None, said: list[str]
) -> tuple[Mapping[str, Sequence[Sample]], Counter[str]]:
    """Return the samples of each process and the counts of the load. Append to `said` what the supervisor reports.

    `dashboard` is the command that runs its server, None for none.
    """
    samples: dict[str, list[Sample]] = {}
    clips = ClipFolder(folder / "clips")
    # The demo's own settings but one: without a poll of 20 s, a video is taken at once.
    settings = {"WORKER_CONCURRENCY": "2"}
    ports = Ports(frames=reserve_port(None), dashboard=reserve_port(None) if dashboard else None)
    # AWS, api, and a fork server beside each worker and the frames service.
    processes = 2 + 2 * workers + 2 + (1 if dashboard else 0)
    with ExitStack() as stack:
        local = stack.enter_context(
            run_pipeline(folder / "data", workers=workers, say=said.append, settings=settings, ports=ports)
        )
        if dashboard and ports.dashboard and local.workers:
            local = node_server.start_dashboard(local, dashboard, local.workers, port=ports.dashboard)
        load = stack.enter_context(Load(local, clips))
        # On a busy machine the processes take a while to start.
        while len(dict(list_processes(local))) < processes or not load.counts["answers"]:
            time.sleep(_SAMPLE_EVERY_S)
        started_at = time.monotonic()
        while (at_s := time.monotonic() - started_at) < minutes * 60:
            for name, pid in list_processes(local):
                if (sample := measure_process(pid, at_s)) is not None:
                    samples.setdefault(name, []).append(sample)
            time.sleep(_SAMPLE_EVERY_S)
    return samples, load.counts


def format_table(trends: Sequence[Trend], counts: Mapping[str, int], *, minutes: float) -> str:
    """Return the result as a table in Markdown."""
    load = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    lines = [
        f"{minutes:g} minutes: {load}",
        "",
        "| process | figure | first quarter | last quarter | growth | |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    lines += [
        f"| {trend.process} | {trend.figure} | {trend.first:.1f} | {trend.last:.1f} | {trend.growth_pct:+.1f} % "
        f"| {'flat' if trend.is_flat else 'GROWS'} |"
        for trend in trends
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
