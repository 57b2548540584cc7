"""Plans and outputs as text for the terminal, and plans as Markdown for a job summary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from stacks.terraform.plan import Action, Change, Plan

_SIGNS = {
    Action.CREATE: "+",
    Action.CHANGE: "~",
    Action.REPLACE: "-/+",
    Action.DESTROY: "-",
    Action.MOVE: ">",
    Action.FORGET: "x",
}
_MAX_DIFFERENCES = 12
_MAX_VALUE = 60
_MAX_OUTPUT = 80


@dataclass(frozen=True, kw_only=True)
class StackOutput:
    """An output of a stack, from `terraform output -json`."""

    value: Any
    sensitive: bool = False


def count_changes(plan: Plan) -> str:
    """Return a plan in a few words: `3 to create, 1 to change`."""
    counts = [f"{plan.count(action)} to {action}" for action in Action if plan.count(action)]
    if plan.outputs and not counts:
        counts = [f"{len(plan.outputs)} outputs to change" if len(plan.outputs) > 1 else "1 output to change"]
    return ", ".join(counts) or "no changes"


def format_plan(plan: Plan) -> str:
    """Return each change with its address, by groups."""
    lines: list[str] = []
    for group, changes in groupby(plan.changes, key=lambda change: change.group):
        lines.append(f"  {group}")
        for change in changes:
            lines += [f"    {line}" for line in _lines(change)]
    if plan.outputs and {change.action for change in plan.changes} not in ({Action.CREATE}, {Action.DESTROY}):
        lines.append(f"  outputs that change: {', '.join(plan.outputs)}")
    return "\n".join(lines)


def _lines(change: Change) -> Iterator[str]:
    reason = f"  ({change.reason})" if change.reason else ""
    yield f"{_SIGNS[change.action]} {change.address}{reason}"
    for difference in change.differences[:_MAX_DIFFERENCES]:
        note = "  (forces the replacement)" if difference.replaces else ""
        before, after = _cut(difference.before, _MAX_VALUE), _cut(difference.after, _MAX_VALUE)
        yield f"      {difference.path}: {before} -> {after}{note}"
    rest = len(change.differences) - _MAX_DIFFERENCES
    if rest > 0:
        yield f"      and {rest} more"


def format_plan_markdown(stack: str, plan: Plan) -> str:
    """Return the plan of a stack as a section of a job summary."""
    if plan.is_empty:
        return f"### {stack}: no changes\n"
    return (
        f"### {stack}: {count_changes(plan)}\n\n"
        f"<details><summary>Resources</summary>\n\n```diff\n{_as_diff(plan)}\n```\n\n</details>\n"
    )


def _as_diff(plan: Plan) -> str:
    """Return the plan with the signs in the first column, where GitHub colours them."""
    lines = []
    for change in plan.changes:
        sign, *rest = _lines(change)
        colour = {Action.CREATE: "+", Action.DESTROY: "-", Action.REPLACE: "-", Action.CHANGE: "!"}
        lines.append(f"{colour.get(change.action, ' ')} {change.action} {sign.partition(' ')[2]}")
        lines += [f"  {line}".replace("```", "'''") for line in rest]
    if plan.outputs:
        lines.append(f"  outputs that change: {', '.join(plan.outputs)}")
    return "\n".join(lines)


def format_outputs(outputs: Mapping[str, StackOutput]) -> str:
    """Return outputs as an aligned table; long values are cut, sensitive ones hidden."""
    width = max(map(len, outputs), default=0)
    return "\n".join(f"  {name:<{width}}  {_output_text(outputs[name])}" for name in sorted(outputs))


def _output_text(output: StackOutput) -> str:
    if output.sensitive:
        return "(sensitive)"
    if isinstance(output.value, list):
        return _cut(", ".join(map(str, output.value)), _MAX_OUTPUT)
    return _cut(str(output.value), _MAX_OUTPUT)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}… ({len(text):,} characters)"
