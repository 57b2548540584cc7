"""Change valid files and messages by their structure, and give them to the parsers and to real children.

`./noxw fuzz --minutes N`. What must never happen: an exception that a parser does not document, endless reads or
calculations, a result that no caller can use, a child that dies, and `done` with pictures that are none.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.checks import Complaint, complain_about
from tests.fuzz.children import Children
from tests.fuzz.samples import make_samples
from tests.fuzz.targets import MESSAGES, Target, make_child_target, make_targets
from tests.support.videos import Videos

_SLOT_S, _CHILD_SLOT_S = 1.0, 5.0
"""Time that a target gets before it is the next one's turn: a child needs longer."""


@dataclass
class Run:
    """A run with a seed: the contents that were tried, and what was found. `keep` is the folder for the files."""

    seed: int
    keep: Path
    tried: Counter[str] = field(default_factory=Counter)
    found: dict[tuple[str, str], Path] = field(default_factory=dict)

    def try_next(self, target: Target) -> None:
        """Make the next content of a target, check it, and keep it if something new is wrong."""
        number = self.tried[target.name]
        self.tried[target.name] += 1
        content = target.make(random.Random(f"{self.seed}:{target.name}:{number}"))  # noqa: S311 - no secret
        complaint = complain_about(target.check, content)
        if complaint:
            self._keep(target.name, number, content, complaint)

    def _keep(self, name: str, number: int, content: bytes, complaint: Complaint) -> None:
        # A mistake is found a thousand times: the place in the code tells whether it is a new one.
        key = name, complaint.what.partition(":")[0]
        if key in self.found:
            return
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.found[key] = self.keep / f"{name}-{self.seed}-{number}.bin"
        path.write_bytes(content)
        _print(f"{path} (seed {self.seed}, content {number} of {name}): {complaint}")


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


def _run(arguments: argparse.Namespace, targets: Mapping[str, Target], run: Run) -> None:
    chosen = arguments.target or list(targets)
    until = time.monotonic() + 60 * arguments.minutes
    while time.monotonic() < until:
        for name in chosen:
            end = min(time.monotonic() + (_CHILD_SLOT_S if name == "child" else _SLOT_S), until)
            while time.monotonic() < end:
                run.try_next(targets[name])


def _run_with_coverage(arguments: argparse.Namespace, seed: int) -> int:
    """Give each target of messages to atheris, in a process of its own. Return how many found something."""
    names = arguments.target or list(MESSAGES)
    seconds = max(round(60 * arguments.minutes / len(names)), 1)
    found = 0
    for name in names:
        _print(f"{name}: {seconds} s with coverage")
        command = (sys.executable, "-m", "tests.fuzz.guided", name, str(seconds), str(seed), str(arguments.keep))
        found += subprocess.run(command, check=False).returncode != 0
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="make the same contents again")
    parser.add_argument("--target", action="append", help="one target; may be repeated; default: all")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="folder for what is found")
    parser.add_argument("--coverage", action="store_true", help="let atheris guide the changes of messages")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    if arguments.coverage:
        unknown = set(arguments.target or ()) - set(MESSAGES)
        if unknown:
            parser.error(f"no target of messages: {', '.join(sorted(unknown))}; there are {', '.join(MESSAGES)}")
        found = _run_with_coverage(arguments, seed)
        _print(f"seed {seed}: {found} findings")
        return 1 if found else 0
    run = Run(seed, arguments.keep)
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        samples = make_samples(Videos(Path(directory)))
        targets = make_targets(samples)
        child = make_child_target(samples, stack.enter_context(Children()).check)
        targets[child.name] = child
        unknown = set(arguments.target or ()) - set(targets)
        if unknown:
            parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(targets)}")
        _run(arguments, targets, run)
    _print(f"seed {seed}: " + ", ".join(f"{count} {name}" for name, count in run.tried.items()))
    _print(f"{run.tried.total()} contents, {len(run.found)} findings")
    return 1 if run.found else 0


if __name__ == "__main__":
    sys.exit(main())
