"""`python -m services.client.completion`: print a script with which a shell completes `noxw`.

The other sessions of the noxfile are given as NAME=DESCRIPTION: they are completed by name.
"""

import argparse
import sys
from collections.abc import Sequence

import shtab

from services.client.parser import FILES, FOLDER, add_commands

_SHELLS = ("bash", "zsh", "fish", "tcsh")
_PATHS = {FILES: shtab.FILE, FOLDER: shtab.DIRECTORY}


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./noxw completion", description="Print a script for shell completion.")
    parser.add_argument("shell", choices=_SHELLS)
    parser.add_argument("--sessions", nargs="*", default=[], help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    print(make_script(arguments.shell, dict(one.split("=", 1) for one in arguments.sessions)), end="")  # noqa: T201 - output of the command
    return 0


def make_script(shell: str, sessions: dict[str, str]) -> str:
    """Return the completion script of a shell for `noxw`, with these sessions and their descriptions."""
    noxw = argparse.ArgumentParser(prog="noxw")
    commands = noxw.add_subparsers()
    add_commands(commands)
    _complete_paths(noxw)
    for name in sorted(sessions.keys() - commands.choices.keys()):
        commands.add_parser(name, help=sessions[name], add_help=False)
    return str(shtab.complete(noxw, shell=shell)) + "\n"


def _complete_paths(parser: argparse.ArgumentParser) -> None:
    """Mark the arguments that are paths, also those of subcommands."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of arguments
        if action.dest in _PATHS:
            action.complete = _PATHS[action.dest]  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            for subparser in action.choices.values():
                _complete_paths(subparser)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
