"""Lists the packages of requirements files with cyclonedx-py: `python tasks/sbom.py FOLDER NAME...`

It runs in cyclonedx-py's environment. One process lists all files, because loading the validator takes a second of CPU.
"""

import importlib
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

_PARSER = "rfc3987_syntax"

REQUIREMENTS = Path(__file__).parents[1] / "requirements"


def main(folder: Path, names: list[str]) -> int:
    """Write `sbom-<name>.cdx.json` for each name, and return the status of the first failure, or 0."""
    sys.modules[_PARSER] = _make_quick_parser()
    (command,) = entry_points(group="console_scripts", name="cyclonedx-py")
    run = command.load()
    for name in names:
        output = f"--output-file={folder / f'sbom-{name}.cdx.json'}"
        sys.argv = ["cyclonedx-py", "requirements", "--output-reproducible", output, str(REQUIREMENTS / f"{name}.txt")]
        if status := run():
            return int(status)
    return 0


def _make_quick_parser() -> ModuleType:
    """Return a module in place of rfc3987_syntax, with which the validator checks the addresses in the lists.

    Its parser takes 3 s of CPU to load, and 50 ms for an address. Each URI is an IRI, too, and a regular expression is
    enough for it. Only other texts need the parser.
    """
    matches_uri = importlib.import_module("rfc3986_validator").validate_rfc3986

    def is_valid_syntax(term: str, value: str) -> bool:
        # The expression allows a line break at the end.
        is_one_line = not value.endswith("\n")
        if is_one_line and matches_uri(value, rule="URI_reference" if term == "iri_reference" else "URI"):
            return True
        if sys.modules.get(_PARSER) is quick:
            del sys.modules[_PARSER]
        return bool(importlib.import_module(_PARSER).is_valid_syntax(term, value))

    quick = ModuleType(_PARSER)
    vars(quick)["is_valid_syntax"] = is_valid_syntax
    return quick


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
