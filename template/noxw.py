"""Start nox with short commands: `./noxw demo --once` is `nox -s demo -- --once`. The script `noxw` runs this file."""

import logging
import runpy
import sys
from itertools import takewhile
from pathlib import Path

import nox
from nox import registry

NOXFILE = Path(__file__).with_name("noxfile.py")

USER = "user"
"""Tag of a session for users: nox prints only its warnings and errors."""

CHECK = "check"
"""Tag of a session that takes options only: the names of several make one command, as in `./noxw lint types test`."""


def main(arguments: list[str]) -> None:
    """Run nox, or print the sessions in two groups."""
    tags, descriptions = read_sessions()
    arguments = expand(arguments, {name for name in tags if CHECK in tags[name]})
    if arguments in (["--list"], ["-l"]):
        print(list_sessions(tags, descriptions))
        return
    requested = find_sessions(arguments)
    if requested and all(USER in tags.get(name, []) for name in requested):
        logging.getLogger("nox").addFilter(is_needed_by_users)
        new = [name for name in requested if not (NOXFILE.parent / ".nox" / name).is_dir()]
        if new:
            print(f"noxw: installing the packages of {', '.join(new)}, once", file=sys.stderr, flush=True)
    sys.argv = ["nox", "--noxfile", str(NOXFILE), *arguments]
    nox.main()


def read_sessions() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the tags and the one-line description of each session, by name."""
    runpy.run_path(str(NOXFILE))
    sessions = registry.get()
    descriptions = {name: (session.__doc__ or "").strip().partition("\n")[0] for name, session in sessions.items()}
    return {name: session.tags for name, session in sessions.items()}, descriptions


def expand(arguments: list[str], checks: set[str]) -> list[str]:
    """Return nox's own arguments for a short command; arguments that begin with an option are already nox's."""
    if not arguments or arguments[0].startswith("-"):
        return arguments
    names = list(takewhile(checks.__contains__, arguments)) or arguments[:1]
    rest = arguments[len(names) :]
    return ["-s", *names, "--", *(rest[1:] if rest[:1] == ["--"] else rest)]


def find_sessions(arguments: list[str]) -> list[str]:
    """Return the names of the sessions that nox is asked to run, or none if its arguments are not `-s NAME... [--]`."""
    if arguments[:1] not in (["-s"], ["--session"], ["--sessions"]):
        return []
    named = list(takewhile(lambda argument: not argument.startswith("-"), arguments[1:]))
    rest = arguments[1 + len(named) :]
    return named if rest[:1] in ([], ["--"]) else []


def list_sessions(tags: dict[str, list[str]], descriptions: dict[str, str]) -> str:
    """Return the sessions in two groups, with one line of help each."""
    lines = ["./noxw SESSION [ARGUMENT...]; most sessions explain theirs with --help"]
    for title, is_for_users in (("For users", True), ("For developers", False)):
        names = [name for name in tags if (USER in tags[name]) == is_for_users]
        lines += ["", f"{title}:", *(f"  {name:<13} {descriptions[name]}" for name in names)]
    return "\n".join(lines)


def is_needed_by_users(record: logging.LogRecord) -> bool:
    """Drop the progress, and what the program itself has reported: its failure, or a Ctrl-C."""
    text = record.getMessage()
    is_reported = text.startswith("Command python ") or text.endswith(" failed.") or "nterrupted" in text
    return record.levelno >= logging.WARNING and not is_reported


if __name__ == "__main__":
    main(sys.argv[1:])
