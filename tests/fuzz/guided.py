"""Fuzzing of one target of messages with atheris, which prefers contents that reach new lines of ours.

`python -m tests.fuzz.guided TARGET SECONDS SEED FOLDER`; `./noxw fuzz --coverage` starts it for each target.
"""

import contextlib
import io
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

MISSING = "--coverage needs atheris, which has wheels for Linux only. Install requirements/fuzz.txt, or leave it out."


def main() -> int:
    name, seconds, seed, folder = sys.argv[1:]
    try:
        import atheris  # noqa: PLC0415 - an option
    except ImportError:
        print(MISSING, file=sys.stderr)  # noqa: T201 - the command's output
        return 2
    # Only what is imported inside is measured. atheris prints a line a module.
    with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["services"]):
        from tests.fuzz.checks import complain_about  # noqa: PLC0415 - see above
        from tests.fuzz.targets import make_message_targets  # noqa: PLC0415 - see above
    target = make_message_targets()[name]
    keep = Path(folder)
    keep.mkdir(parents=True, exist_ok=True)

    def check(content: bytes) -> None:
        complaint = complain_about(target.check, content)
        if complaint:
            raise AssertionError(f"{name}: {complaint}")

    def change(content: bytes, max_size: int, number: int) -> bytes:
        dice = random.Random(number)  # noqa: S311 - no secret
        if dice.random() < 0.5:
            return bytes(atheris.Mutate(content, max_size))
        return target.change(content or b"\0", target.contents, dice)[:max_size]

    with tempfile.TemporaryDirectory() as directory:
        for number, content in enumerate(target.contents):
            (Path(directory) / str(number)).write_bytes(content)
        options = (f"-max_total_time={seconds}", f"-seed={int(seed) % (1 << 32)}", "-max_len=65536", "-verbosity=0")
        command = [name, *options, "-print_final_stats=1", f"-artifact_prefix={keep}/{name}-", directory]
        mutator: Any = change
        atheris.Setup(command, check, custom_mutator=mutator)
        # It ends the process: with 77 after a finding.
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
