"""Create an instance, and update it."""

import argparse
import gc
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from stacks.config.load import ConfigError
from stacks.instance.errors import TemplateError
from stacks.instance.new import PLACEHOLDERS, QUESTIONS, exit_on_signal, read_answers, render_instance
from stacks.instance.source import named_source, source_of
from stacks.instance.update import find_newer_version, open_pull_request, update_instance

_NEW_EXPLAINED = f"""\
new renders an instance of this project: a repository with a pipeline.toml, workflows and a noxfile, pinned to this
version. It asks {len(QUESTIONS)} questions: {", ".join(QUESTIONS)}.

  ./noxw new ../acme-thumbs                            ask, and render into ../acme-thumbs
  ./noxw new ../acme-thumbs --defaults                 ask nothing: enough for a demo, not for a deployment
  ./noxw new ../acme-thumbs --data name=acme-thumbs    answer one question; --data can be given again
  ./noxw new ../acme-thumbs --data-file answers.yml    take the answers from a YAML file

--force writes into a folder that is not empty. --source URL names the project's repository, if others or CI need it.
docs/getting-started.md describes the rest."""


def main() -> int:
    arguments = _parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, exit_on_signal)
    try:
        with _temporary_files():
            match arguments.command:
                case "new":
                    _new(arguments)
                case "update":
                    _update(arguments)
                case "check-update":
                    _check_update(arguments.instance)
    except (TemplateError, ConfigError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def _temporary_files() -> Iterator[None]:
    """Keep Copier's temporary files in a folder of ours, as an interrupted Copier leaves its clones behind."""
    usual = tempfile.tempdir
    with TemporaryDirectory(prefix="thumbnail-pipeline-") as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = usual


def _new(arguments: argparse.Namespace) -> None:
    if arguments.destination is None:
        _say(_NEW_EXPLAINED)
        return
    source = named_source(arguments.source) if arguments.source else source_of(arguments.checkout.resolve())
    answers = read_answers(arguments.data_file) if arguments.data_file else {}
    answers |= dict(arguments.data)
    given = render_instance(source, arguments.destination, answers, defaults=arguments.defaults, force=arguments.force)
    for note in source.notes:
        _say(f"Note: {note}")
    _tell(arguments.destination, given)
    left = [name for name in PLACEHOLDERS if name not in answers] if arguments.defaults else []
    if left:
        _say(f"Before you deploy it, put your own {', '.join(left)} into pipeline.toml: these are placeholders.")


def _tell(destination: Path, given: Mapping[str, str]) -> None:
    _say(f"{given['name']} is in {destination}, from {given['_commit']}. Next:")
    _say(f"  cd {destination} && git init --quiet --initial-branch=main && git add --all && git commit -m 'Begin'")
    _say("  ./noxw demo                 # see it run on this machine")
    _say("  ./noxw lint test synth      # check it; then README.md says how to deploy it")


def _update(arguments: argparse.Namespace) -> None:
    done = update_instance(arguments.instance, to=arguments.to)
    if not done.changed:
        _say(f"{done.version} is the newest version: nothing was changed.")
        return
    if arguments.pull_request:
        open_pull_request(arguments.instance, done)
        _say(f"A pull request brings {done.before} to {done.version}.")
        return
    _say(f"Updated from {done.before} to {done.version}: {_files(len(done.changed))}, nothing is committed. Next:")
    _say("  git diff                       # and docs/upgrading.md of the new version")
    _say("  ./noxw lint test synth")
    _say("  ./noxw diff                 # what a deployment would change")


def _check_update(instance: Path) -> None:
    versions = find_newer_version(instance)
    if versions is None:
        _say("This is the newest version.")
    else:
        _say(f"There is {versions[1]}, and this is {versions[0]}: ./noxw update")


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - the command's output


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./noxw", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("new", help="render an instance")
    command.add_argument("checkout", type=Path, help=argparse.SUPPRESS)
    command.add_argument("destination", type=Path, nargs="?", metavar="DEST", help="a new or empty folder")
    command.add_argument(
        "--data",
        type=_answer,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="answer a question; may be given more than once",
    )
    command.add_argument("--data-file", type=Path, metavar="FILE", help="answers in YAML; --data overrides them")
    command.add_argument("--defaults", action="store_true", help="ask nothing: use the defaults of the other questions")
    command.add_argument("--force", action="store_true", help="write into a folder that is not empty")
    command.add_argument("--source", metavar="URL", help="the project's repository (default: this checkout's)")

    command = commands.add_parser("update", help="merge a newer version")
    command.add_argument("instance", type=Path, help=argparse.SUPPRESS)
    command.add_argument("--to", metavar="VERSION", help="for example v1.2.0 (default: the newest)")
    command.add_argument("--pull-request", action="store_true", help="on a branch, with GitHub's gh: for a workflow")

    command = commands.add_parser("check-update", help="print whether there is a newer version")
    command.add_argument("instance", type=Path, help=argparse.SUPPRESS)
    return parser


def _answer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text}: an answer is given as KEY=VALUE")
    return name, value


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
