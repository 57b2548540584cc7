"""Deploy an instance, compare it with its config, test it, and estimate its cost."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.config.files import CONFIG_VARIABLE, find_config, load_instance, output_folder
from stacks.config.load import ConfigError
from stacks.config.model import PipelineConfig
from stacks.cost.prices import load_prices
from stacks.cost.report import format_report
from stacks.deploy import account, prerequisites, tools
from stacks.deploy.deploy import deploy_all, deploy_stack, deploy_team_stacks
from stacks.deploy.destroy import Consent, all_but_bootstrap, destroy_stacks, list_destroyed
from stacks.deploy.diff.compare import PlanKind, list_stacks, show_plans
from stacks.deploy.diff.issue import report_drift
from stacks.deploy.errors import OperateError, RefusedError
from stacks.deploy.images import push_images
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.smoke.checks import WAIT_S, run_smoke
from stacks.graph.command import draw_architecture
from stacks.instance.team_package import TeamError, team_stacks
from stacks.naming import StackId
from stacks.scaling.command import add_arguments as add_scaling_arguments
from stacks.scaling.command import run_scaling
from stacks.terraform.errors import StoppedError, TerraformError
from stacks.terraform.locks import FOLDER, PLATFORMS, keep_lock, lock_providers, place_lock
from stacks.terraform.setup import Setup, synthesize

_ALL = "all"
_STOPPED = 130
_CHANGES = 2
"""Status of `diff --exit-code` if a deployment would change something, as Terraform has it."""


def main() -> int:
    arguments = _parser().parse_args()
    return report_errors(lambda: _run(arguments))


def report_errors(command: Callable[[], int]) -> int:
    """Run a command; print its error without a traceback, and return the exit status."""
    try:
        return command()
    except StoppedError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return _STOPPED
    except (OperateError, ConfigError, TerraformError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"AWS refuses: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run the same command to continue.", file=sys.stderr)  # noqa: T201
        return _STOPPED


def _run(arguments: argparse.Namespace) -> int:
    """Run a command, and return its exit status."""
    project: Path = arguments.project.resolve()
    file = arguments.config.resolve() if arguments.config else find_config(project, os.environ)
    config = load_instance(file, os.environ)
    out = output_folder(project, file)
    match arguments.command:
        case "cost":
            print_line(format_report(config, load_prices(), videos=arguments.videos, video_mb=arguments.video_mb))
        case "scaling":
            _simulate_loads(config, arguments)
        case "graph":
            output: Path = arguments.output
            output.write_text(draw_architecture(config), encoding="utf-8")
            print_line(f"{output} is up to date.")
        case "locks":
            _lock_providers(project, out, file, mirror=arguments.mirror)
        case _:
            setup = Setup(
                out=out,
                environment={CONFIG_VARIABLE: os.fspath(file)},
                before_init=partial(place_lock, project),
                after_init=partial(keep_lock, project, say=print_line),
            )
            session = boto3.Session(region_name=config.region)
            name = os.fspath(file.relative_to(project) if file.is_relative_to(project) else file)
            instance = Instance(config=config, project=project, session=session, config_file=name, setup=setup)
            return _operate(instance, file, arguments)
    return 0


def _operate(instance: Instance, file: Path, arguments: argparse.Namespace) -> int:
    """Run a command that asks or changes AWS, and return its exit status."""
    if arguments.command == "charts":
        prerequisites.fetch_charts(instance)
        print_line("All public charts are in charts/, with the digests in charts/charts.lock.")
        return 0
    account.check_bucket_secret(file, os.environ)
    match arguments.command:
        case "images":
            push_images(instance, tag=arguments.tag)
        case "smoke":
            account.check_credentials(instance)
            run_smoke(instance, url=arguments.url, wait_s=arguments.wait_s)
        case _:
            return _change(instance, arguments)
    return 0


def _simulate_loads(config: PipelineConfig, arguments: argparse.Namespace) -> None:
    try:
        run_scaling(config, load_prices(), arguments, say=print_line)
    except ValueError as error:
        raise RefusedError(f"{error}.") from error


def _lock_providers(project: Path, out: Path, file: Path, *, mirror: Path | None) -> None:
    synthesize(project, out, {**os.environ, CONFIG_VARIABLE: os.fspath(file)})
    folders = sorted(found.parent for found in (out / "stacks").glob("*/cdk.tf.json"))
    lock_providers(project, folders, say=print_line, mirror=mirror)
    print_line(f"The lock files in {FOLDER}/ have the checksums for {', '.join(PLATFORMS)}.")


def _change(instance: Instance, arguments: argparse.Namespace) -> int:
    """Run deploy, destroy or diff, and return the exit status."""
    asked = arguments.stacks if arguments.command == "diff" else [arguments.stack]
    if not asked or not set(asked) <= set(StackId):
        instance = replace(instance, team=_team(instance.project))
        _check_names(asked, instance.team)
    match arguments.command:
        case "deploy" if arguments.stack == _ALL:
            if arguments.plan:
                raise RefusedError("--plan applies to one stack: name the stack instead of `all`.")
            deploy_all(instance, unattended=arguments.yes)
        case "deploy" if arguments.stack in instance.team:
            deploy_team_stacks(instance, [arguments.stack], unattended=arguments.yes, plan_file=arguments.plan)
        case "deploy":
            deploy_stack(
                instance,
                StackId(arguments.stack),
                step=arguments.step,
                unattended=arguments.yes,
                plan_file=arguments.plan,
            )
        case "destroy":
            consent = Consent(name=arguments.name, empty_buckets=arguments.empty_buckets, unattended=arguments.yes)
            if arguments.stack == _ALL:
                destroy_stacks(instance, all_but_bootstrap(instance), consent, team_stacks=instance.team)
            elif arguments.stack in instance.team:
                destroy_stacks(instance, (), consent, team_stacks=(arguments.stack,))
            else:
                destroy_stacks(instance, (StackId(arguments.stack),), consent)
        case "diff":
            return _diff(instance, arguments)
    return 0


def _diff(instance: Instance, arguments: argparse.Namespace) -> int:
    """Show plans, and return the exit status."""
    if arguments.out and arguments.destroy:
        raise RefusedError("--out saves plans for `deploy --plan`, which does not apply a destroy: omit --out.")
    summary = arguments.summary or os.environ.get("GITHUB_STEP_SUMMARY")
    compared = show_plans(
        instance,
        arguments.stacks or (list_destroyed(instance) if arguments.destroy else list_stacks(instance)),
        kind=PlanKind(destroy=arguments.destroy, step=arguments.step),
        out=arguments.out,
        summary=Path(summary) if summary else None,
    )
    if arguments.issue:
        report_drift(instance, compared)
    return _CHANGES if arguments.exit_code and compared.has_changes else 0


def _team(project: Path) -> tuple[str, ...]:
    """Return ids of the team's stacks.

    Raises: PrerequisiteError without node, RefusedError if they cannot be loaded.
    """
    if not (project / "team").is_dir():
        return ()
    # Importing a stack starts node.
    tools.check_node()
    try:
        return tuple(team_stacks(project))
    except TeamError as error:
        raise RefusedError(str(error)) from None


def _check_names(asked: Sequence[str], team: Sequence[str]) -> None:
    for name in asked:
        if name not in (*StackId, *team, _ALL):
            raise RefusedError(f"There is no stack {name!r}: there are {', '.join([*StackId, *team])}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./noxw", description=__doc__)
    parser.add_argument(
        "--project", type=Path, default=Path.cwd(), metavar="DIR", help="folder of the project (default: this one)"
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="config of the instance (default: $PIPELINE_CONFIG or pipeline.toml)",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    names = f"{', '.join(StackId)}, one of team/"

    command = commands.add_parser("deploy", parents=[shared], help="deploy a stack, or all stacks in order")
    command.add_argument("stack", metavar="STACK", help=f"{names}, or {_ALL}")
    _add_step(command)
    command.add_argument(
        "--plan", type=Path, metavar="FILE", help="apply exactly this plan, which `diff --out` saved, without asking"
    )
    _add_yes(command)

    command = commands.add_parser("destroy", parents=[shared], help="destroy a stack, or all except bootstrap")
    command.add_argument("stack", metavar="STACK", help=f"{names}, or {_ALL} but bootstrap")
    command.add_argument("--name", help="name of the pipeline (default: the command asks for it)")
    command.add_argument(
        "--empty-buckets", action="store_true", help="delete all videos and thumbnails permanently, with all versions"
    )
    _add_yes(command)

    command = commands.add_parser("diff", parents=[shared], help="show what a deployment would change")
    command.add_argument("stacks", nargs="*", metavar="STACK", help=f"stacks to plan: {names} (default: all)")
    command.add_argument("--out", type=Path, metavar="DIR", help="save each plan there, for `deploy --plan`")
    command.add_argument(
        "--summary", type=Path, metavar="FILE", help="append the plans as Markdown (default: $GITHUB_STEP_SUMMARY)"
    )
    command.add_argument("--exit-code", action="store_true", help="end with status 2 if something would change")
    command.add_argument("--destroy", action="store_true", help="plan what a destroy would delete")
    _add_step(command)
    command.add_argument(
        "--issue", action="store_true", help="open, update or close the GitHub issue about drift, with `gh`"
    )

    command = commands.add_parser("smoke", parents=[shared], help="send a video through the deployed instance")
    command.add_argument("--url", help="address of the dashboard, for example through a tunnel (default: its own)")
    command.add_argument(
        "--wait-s",
        type=float,
        default=WAIT_S,
        metavar="SECONDS",
        help="longest wait for the thumbnails (default: %(default)g)",
    )

    command = commands.add_parser("images", parents=[shared], help="build the images and push them to ECR")
    command.add_argument("--tag", required=True, help="tag of all images, for example 1.0.5")

    commands.add_parser(
        "charts", parents=[shared], help="fetch the public Helm charts into charts/ and check their digests"
    )

    command = commands.add_parser(
        "locks", parents=[shared], help="write the checksums of Terraform's providers for all platforms"
    )
    command.add_argument(
        "--mirror", type=Path, metavar="DIR", help="take the providers from this plug-in mirror instead of the registry"
    )

    command = commands.add_parser("cost", parents=[shared], help="estimate the bill of a month")
    command.add_argument("--videos", type=_count, default=10_000, metavar="N", help="videos a month (default: 10000)")
    command.add_argument(
        "--video-mb",
        type=_size,
        default=load_prices().assumed.video_mb,
        metavar="MB",
        help="size of a video (default: %(default)g)",
    )

    command = commands.add_parser(
        "scaling", parents=[shared], help="simulate waiting times, workers and costs under a load"
    )
    add_scaling_arguments(command, load_prices())

    command = commands.add_parser("graph", parents=[shared], help="draw the architecture from the synthesized stacks")
    command.add_argument(
        "--output", type=Path, default=Path("docs/images/architecture.svg"), metavar="FILE", help="default: %(default)s"
    )
    return parser


def _add_step(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--step", type=int, choices=(1, 2), help="step of the dns stack: 1 before the delegation, 2 after it"
    )


def _add_yes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="apply the plan without asking, for workflows")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of 0 or more")
    return int(text)


def _size(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text}: a number of MB above 0, at most a million")
    return number


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
