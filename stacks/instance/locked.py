"""The locked requirements, with hashes, that this version was tested with; the package contains them.

An instance pins this project alone, and asks here for what goes with that version:
`python -m stacks.instance.locked stacks`.
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "requirements", _PACKAGE.parent / "requirements")
"""Folders of the requirements, in a wheel and in a checkout."""


def locked_requirements(name: str) -> Path:
    """Return the requirements file of that name: `api`, `checks`, `client`, `local`, `stacks`, `template`, `worker`.

    Raises: LookupError if there is none.
    """
    for folder in _FOLDERS:
        if (folder / f"{name}.txt").is_file():
            return folder / f"{name}.txt"
    raise LookupError(f"There are no requirements of the name {name}.")


if __name__ == "__main__":
    print(locked_requirements(sys.argv[1]))  # noqa: T201 - the command's output
