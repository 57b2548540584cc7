"""Lists the packages of requirements files with cyclonedx-py: `python tasks/sbom.py FOLDER NAME...`

It runs in cyclonedx-py's environment. One process lists all files, because loading the validator takes 4 s of CPU.
"""

import sys
from importlib.metadata import entry_points
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements"


def main(folder: Path, names: list[str]) -> int:
    """Write `sbom-<name>.cdx.json` for each name, and return the status of the first failure, or 0."""
    (command,) = entry_points(group="console_scripts", name="cyclonedx-py")
    run = command.load()
    for name in names:
        output = f"--output-file={folder / f'sbom-{name}.cdx.json'}"
        sys.argv = ["cyclonedx-py", "requirements", "--output-reproducible", output, str(REQUIREMENTS / f"{name}.txt")]
        if status := run():
            return int(status)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
