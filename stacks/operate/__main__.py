"""`python -m stacks.operate`: what the nox sessions deploy, destroy, diff, images, cost and graph call."""

import argparse
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.operate.cost.prices import prices
from stacks.operate.cost.report import report
from stacks.operate.deploy import deploy, deploy_all
from stacks.operate.destroy import Consent, destroy, everything
from stacks.operate.diff import diff, stacks_of
from stacks.operate.errors import OperateError
from stacks.operate.graph.command import draw
from stacks.operate.images import push_images
from stacks.operate.instance import Instance, say
from stacks.operate.stages import Stack
from stacks.sources import ConfigError, load_config

_ALL = "all"


def main() -> int:
    arguments = _parser().parse_args()
    try:
        _run(arguments)
    except (OperateError, ConfigError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"AWS refuses: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run(arguments: argparse.Namespace) -> None:
    project: Path = arguments.project.resolve()
    config = load_config(project / "pipeline.toml", os.environ)
    if arguments.command == "cost":
        say(report(config, prices(), videos=arguments.videos, video_mb=arguments.video_mb))
        return
    if arguments.command == "graph":
        output: Path = arguments.output
        output.write_text(draw(config), encoding="utf-8")
        say(f"{output} is drawn anew.")
        return
    instance = Instance(config=config, project=project, session=boto3.Session(region_name=config.region))
    match arguments.command:
        case "deploy" if arguments.stack == _ALL:
            deploy_all(instance, unattended=arguments.yes)
        case "deploy":
            deploy(instance, Stack(arguments.stack), step=arguments.step, unattended=arguments.yes)
        case "destroy":
            stacks = everything(instance) if arguments.stack == _ALL else (Stack(arguments.stack),)
            consent = Consent(name=arguments.name, empty_buckets=arguments.empty_buckets, unattended=arguments.yes)
            destroy(instance, stacks, consent)
        case "diff":
            diff(instance, [Stack(stack) for stack in arguments.stacks] or stacks_of(instance))
        case "images":
            push_images(instance, tag=arguments.tag)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stacks.operate", description=__doc__)
    parser.add_argument(
        "--project", type=Path, default=Path.cwd(), metavar="DIR", help="folder of pipeline.toml (default: this one)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    names = [stack.value for stack in Stack]

    command = commands.add_parser("deploy", help="deploy a stack, or all in order")
    command.add_argument("stack", choices=[*names, _ALL])
    command.add_argument(
        "--step", type=int, choices=(1, 2), help="of the dns stack: 1 before the delegation, 2 after it"
    )
    _add_yes(command)

    command = commands.add_parser("destroy", help="destroy a stack, or all but bootstrap, backwards")
    command.add_argument("stack", choices=[*names, _ALL])
    command.add_argument("--name", help="the pipeline's name, instead of being asked for it")
    command.add_argument(
        "--empty-buckets", action="store_true", help="delete all videos and thumbnails, every version, for good"
    )
    _add_yes(command)

    command = commands.add_parser("diff", help="what a deployment would change")
    command.add_argument("stacks", nargs="*", choices=names, metavar="STACK", help="stacks to plan (default: all)")

    command = commands.add_parser("images", help="build the images and push them to ECR")
    command.add_argument("--tag", required=True, help="tag of all images, for example 1.0.5")

    command = commands.add_parser("cost", help="a month's bill, estimated")
    command.add_argument("--videos", type=_count, default=10_000, metavar="N", help="videos a month (default: 10000)")
    command.add_argument(
        "--video-mb",
        type=_size,
        default=prices().assumed.video_mb,
        metavar="MB",
        help="size of a video (default: %(default)g)",
    )

    command = commands.add_parser("graph", help="draw the architecture, from what is synthesized")
    command.add_argument(
        "--output", type=Path, default=Path("docs/images/architecture.svg"), metavar="FILE", help="default: %(default)s"
    )
    return parser


def _add_yes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="do not show the plan and ask: for workflows")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text}: 0 or more")
    return number


def _size(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text}: a number of MB above 0, at most a million")
    return number


if __name__ == "__main__":
    sys.exit(main())
