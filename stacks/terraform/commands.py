"""Deploy, destroy and plan one stack: synthesize, then run `terraform init`, `plan`, `apply` and `output`."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stacks.terraform.errors import DeclinedError, PlanFileError, StoppedError, TerraformError
from stacks.terraform.failures import describe_failure, describe_stop
from stacks.terraform.plan import Action, Plan, configured_addresses, parse_plan, plan_of_events
from stacks.terraform.runner import Finished, Terraform, terraform_environment
from stacks.terraform.screen import Screen
from stacks.terraform.setup import Setup, synthesize
from stacks.terraform.summary import StackOutput, count_changes, format_outputs, format_plan

_PLAN = "deploy.tfplan"
_CHANGES = 2
"""Status of `terraform plan -detailed-exitcode` if the plan has changes."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Settings that all commands on a project's stacks share."""

    project: Path
    setup: Setup = field(default_factory=Setup)
    screen: Screen = field(default_factory=Screen)
    ask: Callable[[str], str] = input


def deploy_stack(
    run: Run,
    stack: str,
    *,
    overrides: Mapping[str, str] | None = None,
    unattended: bool,
    plan_file: Path | None = None,
) -> Plan:
    """Plan a stack, show the plan, ask, apply exactly that plan, and show the outputs.

    With `plan_file`, apply the plan that `plan_stack` saved there; it was reviewed, so nobody is asked.

    Raises: TerraformError, and its subclasses if the user declined or stopped, or the saved plan does not fit.
    """
    with _prepared(run, stack, "deploy", overrides or {}) as terraform:
        file = terraform.folder / _PLAN
        plan = _make_plan(run, terraform, stack, file) if plan_file is None else _use_plan(terraform, stack, plan_file)
        if plan_file is not None:
            _copy(plan_file, file)
        _show_plan(run, stack, plan)
        if plan.is_empty:
            _show_outputs(run, terraform)
            return plan
        if not unattended and plan_file is None:
            _confirm(run, f"Apply this plan to {stack}?")
        _apply(run, terraform, stack, plan, verb="deploy")
        _show_outputs(run, terraform)
        return plan


def destroy_stack(run: Run, stack: str, *, overrides: Mapping[str, str] | None = None, unattended: bool) -> Plan:
    """Plan the destruction of a stack, show the plan, ask, and apply exactly that plan. Raises: TerraformError."""
    with _prepared(run, stack, "destroy", overrides or {}) as terraform:
        plan = _make_plan(run, terraform, stack, terraform.folder / _PLAN, "-destroy")
        _show_plan(run, stack, plan)
        if plan.is_empty:
            return plan
        if not unattended:
            _confirm(run, f"Destroy {plan.count(Action.DESTROY)} resources of {stack}?")
        _apply(run, terraform, stack, plan, verb="destroy")
        return plan


def plan_stack(
    run: Run,
    stack: str,
    *,
    overrides: Mapping[str, str] | None = None,
    destroy: bool = False,
    save_as: Path | None = None,
) -> Plan:
    """Plan a stack, or its destruction, and show the plan; save it for `deploy_stack` if `save_as` names a file.

    Raises: TerraformError.
    """
    with _prepared(run, stack, "diff", overrides or {}) as terraform:
        file = terraform.folder / _PLAN
        plan = _make_plan(run, terraform, stack, file, *(["-destroy"] if destroy else []))
        _show_plan(run, stack, plan)
        if save_as is not None:
            save_as.parent.mkdir(parents=True, exist_ok=True)
            _copy(file, save_as)
        return plan


def read_outputs(run: Run, stack: str) -> dict[str, StackOutput]:
    """Return the outputs of a stack that was initialized before. Raises: TerraformError."""
    folder = run.setup.folder(run.project, stack)
    return _outputs(_terraform(run, folder, "output"))


@contextmanager
def _prepared(run: Run, stack: str, verb: str, overrides: Mapping[str, str]) -> Iterator[Terraform]:
    """Synthesize and initialize a stack; delete the plan in its folder at the end, as it may hold secrets."""
    folder = run.setup.folder(run.project, stack)
    terraform = _terraform(run, folder, verb)
    run.screen.line(f"  log: {_shown(terraform.log)}")
    with run.screen.step("synthesizing"):
        environment = {**os.environ, **run.setup.environment, **overrides}
        synthesize(run.project, run.setup.output_folder(run.project), environment)
    if not (folder / "cdk.tf.json").is_file():
        raise TerraformError(f"main.py wrote no stack {stack}: {folder / 'cdk.tf.json'} is missing.")
    run.setup.after_synth(folder)
    _init(run, terraform, stack, *run.setup.before_init(folder))
    run.setup.after_init(folder)
    try:
        yield terraform
    finally:
        (folder / _PLAN).unlink(missing_ok=True)


def _terraform(run: Run, folder: Path, verb: str) -> Terraform:
    log = run.setup.output_folder(run.project) / "logs" / f"{datetime.now():%Y%m%d-%H%M%S}-{folder.name}-{verb}.log"  # noqa: DTZ005 - the user's time
    environment = terraform_environment(run.setup.environment, cli_config=run.setup.cli_config)
    return Terraform(folder=folder, log=log, environment=environment, say=run.screen.line)


def _init(run: Run, terraform: Terraform, stack: str, *more: str) -> None:
    arguments = (*run.setup.init_arguments, *more)
    with run.screen.step("initializing") as show:
        done = terraform.run("init", "-json", "-input=false", *arguments, show=show)
        if _wants_upgrade(done) and not arguments:
            # An earlier version of the stack has left its lock file in the folder.
            done = terraform.run("init", "-json", "-input=false", "-upgrade", show=show)
    _check(done, terraform, stack, "initialize")


def _wants_upgrade(done: Finished) -> bool:
    return any("init -upgrade" in error.detail for error in done.errors)


def _make_plan(run: Run, terraform: Terraform, stack: str, file: Path, *arguments: str) -> Plan:
    with run.screen.step("planning") as show:
        done = terraform.run(
            "plan", "-json", "-input=false", "-detailed-exitcode", f"-out={file.name}", *arguments, show=show
        )
        if done.status == _CHANGES:
            done.status = 0
        _check(done, terraform, stack, "plan")
        return plan_of_events(done.planned, done.outputs) or parse_plan(terraform.ask("show", "-json", file.name))


def _use_plan(terraform: Terraform, stack: str, file: Path) -> Plan:
    """Read a saved plan. Raises: PlanFileError if it is of another stack or another version of it."""
    how = f"make it with `./noxw diff {stack} --out {file.parent}`"
    if not file.is_file():
        raise PlanFileError(f"There is no plan {file}: {how}.")
    try:
        plan = parse_plan(terraform.ask("show", "-json", str(file.resolve())))
    except TerraformError as error:
        raise PlanFileError(f"{file} cannot be read as a plan: {how}.\n{error}") from None
    document = json.loads((terraform.folder / "cdk.tf.json").read_text(encoding="utf-8"))
    if plan.configured != configured_addresses(document):
        raise PlanFileError(f"{file} is the plan of another stack, or of {stack} as it was before a change: {how}.")
    return plan


def _copy(source: Path, target: Path) -> None:
    """Copy a plan, which may hold secrets, to a file that only this user can read."""
    target.touch(mode=0o600)
    shutil.copyfile(source, target)


def _apply(run: Run, terraform: Terraform, stack: str, plan: Plan, *, verb: str) -> None:
    with run.screen.apply(plan) as show:
        done = terraform.run("apply", "-json", "-input=false", _PLAN, show=show)
    _check(done, terraform, stack, verb)
    warnings = {one.summary for one in done.diagnostics if not one.is_error}
    for warning in sorted(warnings):
        run.screen.line(f"  Warning: {warning} (more in the log)")


def _check(done: Finished, terraform: Terraform, stack: str, verb: str) -> None:
    """Raise StoppedError after an interrupt, also if Terraform was done by then; TerraformError after a failure."""
    if done.interrupts:
        raise StoppedError(describe_stop(stack, verb, done))
    if done.status == 0:
        return
    folder, log = _shown(terraform.folder), _shown(terraform.log)
    raise TerraformError(describe_failure(stack, verb, done, folder=folder, log=log))


def _show_plan(run: Run, stack: str, plan: Plan) -> None:
    run.screen.line(f"  plan of {stack}: {count_changes(plan)}")
    if not plan.is_empty:
        run.screen.line(format_plan(plan))


def _confirm(run: Run, question: str) -> None:
    """Ask the user. Raises: DeclinedError if the answer is not `yes`."""
    try:
        answer = run.ask(f"{question} Type yes to continue: ").strip()
    except EOFError:
        raise DeclinedError("There is no terminal to accept the plan, so nothing was changed: add --yes.") from None
    if answer != "yes":
        raise DeclinedError("Nothing was changed, because the answer was not `yes`.")


def _outputs(terraform: Terraform) -> dict[str, StackOutput]:
    document = json.loads(terraform.ask("output", "-json"))
    return {name: StackOutput(value=entry["value"], sensitive=entry["sensitive"]) for name, entry in document.items()}


def _show_outputs(run: Run, terraform: Terraform) -> None:
    outputs = _outputs(terraform)
    if outputs:
        run.screen.line(f"  outputs:\n{format_outputs(outputs)}")


def _shown(path: Path) -> str:
    """Return a path as the user would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
