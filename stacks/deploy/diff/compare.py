"""Compare stacks with the account: one plan a stack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stacks.deploy import prerequisites
from stacks.deploy.errors import CommandError
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.stages import Need, stages_of
from stacks.naming import StackId
from stacks.terraform import commands
from stacks.terraform.errors import StoppedError, TerraformError
from stacks.terraform.plan import Plan
from stacks.terraform.summary import count_changes, format_plan_markdown


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Plans of several stacks."""

    plans: Mapping[str, Plan] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    """Errors of the stacks that could not be planned."""

    @property
    def has_changes(self) -> bool:
        return any(not plan.is_empty for plan in self.plans.values())


@dataclass(frozen=True, kw_only=True)
class PlanKind:
    """Kind of the plans."""

    destroy: bool = False
    """Plan the destruction of each stack."""
    step: int | None = None
    """Step of the dns stack; the config's `certificate` decides unless it is given."""


DEPLOYMENT = PlanKind()


def show_plans(
    instance: Instance,
    stacks: Iterable[str],
    *,
    kind: PlanKind = DEPLOYMENT,
    out: Path | None = None,
    summary: Path | None = None,
) -> Comparison:
    """Show the plan of each stack; if one fails, show the others all the same.

    With `out`, save each plan as `<out>/<stack>.tfplan`. With `summary`, append the plans to that file as Markdown.

    Raises:
        PrerequisiteError: something is missing.
        StoppedError: the user stopped it.
        CommandError: some could not be planned; it names them.
    """
    stacks = list(stacks)
    charts = {Need.CHARTS} if StackId.WORKLOADS in stacks else set()
    prerequisites.check_prerequisites(instance, {Need.STATE_BUCKET, Need.AWS_CLI, *charts})
    comparison = _plan_all(instance, stacks, kind, out)
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(format_markdown(comparison))
    if comparison.errors:
        raise CommandError(
            f"No plan for {', '.join(comparison.errors)}: see above. A stack can be planned once those before it are "
            "deployed."
        )
    print_line()
    width = max(map(len, comparison.plans), default=0)
    for stack, plan in comparison.plans.items():
        print_line(f"{stack:<{width}}  {count_changes(plan)}")
    return comparison


def format_markdown(comparison: Comparison) -> str:
    """Return all plans and errors as Markdown, for a job summary or an issue."""
    sections = [format_plan_markdown(stack, plan) for stack, plan in comparison.plans.items()]
    sections += [f"### {stack}: no plan\n\n```\n{error}\n```\n" for stack, error in comparison.errors.items()]
    return "\n".join([*sections, ""])


def list_stacks(instance: Instance) -> tuple[str, ...]:
    """Return the ids of all stacks of the config and the team, in the order of deployment."""
    ours = (stack for stack in StackId if stack is not StackId.DNS or instance.config.domain is not None)
    return (*ours, *instance.team)


def _plan_all(instance: Instance, stacks: Iterable[str], kind: PlanKind, out: Path | None) -> Comparison:
    plans: dict[str, Plan] = {}
    errors: dict[str, str] = {}
    for stack in stacks:
        print_line(f"\n== {stack}")
        try:
            plans[stack] = commands.plan_stack(
                instance.terraform,
                stack,
                overrides=_overrides(instance, stack, kind),
                destroy=kind.destroy,
                save_as=out / f"{stack}.tfplan" if out else None,
            )
        except StoppedError:
            raise
        except TerraformError as error:
            print_line(str(error))
            errors[stack] = str(error)
    return Comparison(plans=plans, errors=errors)


def _overrides(instance: Instance, stack: str, kind: PlanKind) -> Mapping[str, str]:
    """Return the environment variables with which `deploy` would synthesize the stack."""
    if stack != StackId.DNS or kind.step is None:
        return {}
    return stages_of(StackId.DNS, step=kind.step, config=instance.config)[0].overrides
