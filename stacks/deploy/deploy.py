"""`deploy STACK` and `deploy all`: in order, after a check of the prerequisites."""

from collections.abc import Iterable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from stacks.deploy import account, images, prerequisites, progress
from stacks.deploy.errors import RefusedError
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.smoke.checks import run_smoke
from stacks.deploy.stages import (
    EXISTING,
    WORKLOADS_HTTPS,
    Images,
    Need,
    Pause,
    Stage,
    first_stages,
    last_stages,
    next_command,
    stages_of,
)
from stacks.naming import StackId
from stacks.terraform import commands


def deploy_stack(
    instance: Instance, stack: StackId, *, step: int | None, unattended: bool, plan_file: Path | None = None
) -> None:
    """Deploy one stack; step 2 of the dns stack also gives the load balancer its certificate.

    With `plan_file`, apply exactly the plan of the stack that `diff` saved there, and nothing else.

    Raises:
        PrerequisiteError: something is missing, and nothing was changed.
        RefusedError: the step and the config do not go together.
        TerraformError: Terraform or the synthesis fails, or the user stops it.
    """
    config = instance.config
    if stack is StackId.DNS:
        step = step or (2 if config.certificate else 1)
        _check_step(instance, step)
    stages = stages_of(stack, step=step, config=config)
    # WORKLOADS_HTTPS comes after the certificate that it needs.
    needs = {need for stage in stages for need in stage.needs if len(stages) == 1 or need is not Need.CERTIFICATE}
    prerequisites.check_prerequisites(instance, needs)
    for stage in stages if plan_file is None else stages[:1]:
        _deploy(instance, stage, unattended=unattended, plan_file=plan_file)
    if stack is StackId.DNS and step == 1 and config.hosted_zone_id is None:
        _tell_name_servers(instance)
    following = next_command(stack, step=step, config=config)
    if plan_file is not None and len(stages) > 1:
        following = f"./noxw deploy {stages[1].stack}"
    print_line(f"Next: {following}" if following else "That was the last stack.")
    if stack not in (StackId.BOOTSTRAP, StackId.CORE):
        _tell_address(instance, over_https=config.certificate and step != 1)


def deploy_all(instance: Instance, *, unattended: bool) -> None:
    """Deploy the remaining stacks in order, up to the end or to a step of the user. It can be repeated at any time.

    Raises:
        PrerequisiteError: something is missing; what was deployed before stays.
        TerraformError: Terraform or the synthesis fails, or the user stops it.
        CommandError: Docker fails.
        SmokeError: everything is deployed, and the smoke test fails.
    """
    config = instance.config
    prerequisites.check_prerequisites(instance, {Need.AWS_CLI, Need.CHARTS, Need.QUOTA, Need.ACCESS, *EXISTING})
    missing = account.missing_images(instance.session, config)
    if missing:
        prerequisites.check_prerequisites(instance, (), docker=True)
    for first in first_stages(progress.InstanceProgress(missing_images=tuple(missing))):
        if isinstance(first, Images):
            images.build_and_push(instance, first.services, tag=config.image_tag)
        else:
            _deploy(instance, first, unattended=unattended)
    for stage in last_stages(config, progress.read_progress(instance)):
        if isinstance(stage, Pause):
            _explain(instance, stage)
            _tell_address(instance, over_https=False)
            return
        if stage is not WORKLOADS_HTTPS:
            prerequisites.check_prerequisites(instance, stage.needs)
        _deploy(instance, stage, unattended=unattended)
    deploy_team_stacks(instance, instance.team, unattended=unattended)
    print_line("Everything is deployed.")
    try:
        run_smoke(instance)
    finally:
        _tell_address(instance, over_https=config.certificate)


def deploy_team_stacks(
    instance: Instance, stacks: Iterable[str], *, unattended: bool, plan_file: Path | None = None
) -> None:
    """Deploy the team's stacks. Raises: PrerequisiteError if something is missing, TerraformError if it fails."""
    for stack in stacks:
        prerequisites.check_prerequisites(instance, {Need.STATE_BUCKET})
        print_line(f"\n== {stack}, the team's own")
        commands.deploy_stack(instance.terraform, stack, unattended=unattended, plan_file=plan_file)


def _check_step(instance: Instance, step: int) -> None:
    config = instance.config
    if config.domain is None:
        raise RefusedError(
            f'The dns stack needs a domain, and {instance.config_file} has none: set domain = "example.com".'
        )
    if step == 2 and not config.certificate:
        raise RefusedError(
            f"Step 2 gives the dashboard HTTPS, but {instance.config_file} says certificate = false. "
            f"{_https_first(instance)}"
        )
    if step == 1 and config.certificate and progress.is_delegated(instance):
        raise RefusedError(
            f"Step 1 would delete the dashboard's address, because {instance.config_file} says certificate = true and "
            "the domain is delegated: run step 2, or set certificate = false to go back to HTTP."
        )


def _https_first(instance: Instance) -> str:
    return (
        f"Set certificate = true in {instance.config_file} and commit it, because every later deployment needs it to "
        "keep HTTPS. Then run the command again."
    )


def _deploy(instance: Instance, stage: Stage, *, unattended: bool, plan_file: Path | None = None) -> None:
    if stage.stack is StackId.BOOTSTRAP and not account.has_state_bucket(instance.session, instance.config):
        print_line(f"Creating the bucket of Terraform's state, {instance.names.state_bucket}.")
        account.make_state_bucket(instance.session, instance.config)
    print_line(f"\n== {stage.title}")
    commands.deploy_stack(
        instance.terraform, stage.stack, overrides=stage.overrides, unattended=unattended, plan_file=plan_file
    )


def _tell_name_servers(instance: Instance) -> None:
    servers = progress.zone_name_servers(instance)
    if servers:
        print_line(
            f"Enter these name servers at the registrar of {instance.config.domain} (custom DNS), then wait until they "
            "are known, which usually takes some minutes:"
        )
        for server in servers:
            print_line(f"  {server}")


def _tell_address(instance: Instance, *, over_https: bool) -> None:
    """Print the dashboard's address as the last line. The deployment is done: a failure here does not fail it."""
    try:
        address = progress.dashboard_url(instance, over_https=over_https)
    except (ClientError, BotoCoreError) as error:
        print_line(
            f"The dashboard's address could not be read ({error}): it is the load balancer's name in the EC2 console."
        )
        return
    if address:
        print_line(f"The dashboard is at {address}")


def _explain(instance: Instance, pause: Pause) -> None:
    if pause.why == "delegation":
        _tell_name_servers(instance)
        print_line("Next: delegate the domain, then ./noxw deploy all")
    else:
        print_line(f"{instance.config.domain} is delegated. {_https_first(instance)}")
        print_line("Next: ./noxw deploy all")
    print_line("The alarms need no domain: ./noxw deploy monitoring")
