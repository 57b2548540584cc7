"""`diff`: what a deployment would change, one plan a stack."""

from collections.abc import Iterable

from stacks.deploy import prerequisites, tools
from stacks.deploy.errors import CommandError
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.stages import Need
from stacks.naming import StackId


def show_plans(instance: Instance, stacks: Iterable[str]) -> None:
    """Show the plan of each stack; if one fails, show the others all the same.

    Raises:
        PrerequisiteError: something is missing.
        CommandError: some could not be planned; it names them.
    """
    stacks = list(stacks)
    charts = {Need.CHARTS} if StackId.WORKLOADS in stacks else set()
    prerequisites.check_prerequisites(instance, {Need.STATE_BUCKET, Need.AWS_CLI, *charts})
    failed = []
    for stack in stacks:
        print_line(f"\n== {stack}")
        try:
            tools.plan_with_cdktf(instance.project, stack)
        except CommandError as error:
            print_line(str(error))
            failed.append(stack)
    if failed:
        raise CommandError(
            f"No plan for {', '.join(failed)}: see above. A stack can be planned once those before it are deployed."
        )


def list_stacks(instance: Instance) -> tuple[str, ...]:
    """Return the ids of all stacks of the config and the team, in the order of deployment."""
    ours = (stack for stack in StackId if stack is not StackId.DNS or instance.config.domain is not None)
    return (*ours, *instance.team)
