"""Upload videos while everything breaks, then audit that nothing is lost: `./noxw faults --seeds N`.

Each seed decides videos, actions and faults. A seed that fails is printed; `--seed` runs it again.
"""

import argparse
import json
import resource
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.clips import ClipFolder
from tests.faults.plan import make_plan
from tests.faults.run import Result, run_plan


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="number of seeds (default: %(default)s)")
    parser.add_argument("--first", type=int, default=1, metavar="S", help="the first seed (default: %(default)s)")
    parser.add_argument("--seed", type=int, metavar="S", help="run this seed alone")
    parser.add_argument("--uploads", type=int, default=24, metavar="N", help="uploads of a seed (default: %(default)s)")
    parser.add_argument("--keep", type=Path, default=Path("fault-failures"), help="folder for the data of failed seeds")
    parser.add_argument("--json", action="store_true", help="print the figures of each seed as a line of JSON")
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.seeds) if arguments.seed is None else [arguments.seed]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        clips = ClipFolder(Path(folder) / "clips")
        for seed in seeds:
            data = Path(folder) / f"seed-{seed}"
            data.mkdir()
            result = run_plan(make_plan(seed, uploads=arguments.uploads), data, clips)
            results.append(result)
            _print_result(result, as_json=arguments.json)
            if result.violations:
                shutil.copytree(data, arguments.keep / f"seed-{seed}", dirs_exist_ok=True)
            shutil.rmtree(data)
    if not arguments.json:
        _print_summary(results)
    return 1 if any(result.violations for result in results) else 0


def _print_result(result: Result, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result.as_dict()), flush=True)  # noqa: T201 - the command's output
        return
    faults = sum(result.faults.values())
    print(  # noqa: T201 - the command's output
        f"seed {result.seed}: {result.uploads} uploads, {faults} faults, {result.suppressed} duplicates suppressed, "
        f"at rest after {result.recovery_s:.1f} s: {'nothing lost' if not result.violations else 'FAILED'}",
        flush=True,
    )
    for violation in result.violations:
        print(f"  {violation}", flush=True)  # noqa: T201 - the command's output
    if result.violations:
        print(f"  ./noxw faults --seed {result.seed} runs it again", flush=True)  # noqa: T201 - the command's output


def _print_summary(results: list[Result]) -> None:
    faults: Counter[str] = Counter()
    for result in results:
        faults.update(result.faults)
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in usage)
    lines = [
        f"{len(results)} seeds, {sum(bool(result.violations) for result in results)} failed",
        f"uploads: {sum(result.uploads for result in results)}",
        f"faults: {', '.join(f'{count} {name}' for name, count in faults.most_common())}",
        f"duplicates suppressed: {sum(result.suppressed for result in results)}",
        f"worst recovery: {max((result.recovery_s for result in results), default=0):.1f} s",
        f"CPU: {cpu_s:.0f} s",
    ]
    print("\n".join(lines))  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
