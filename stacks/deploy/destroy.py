"""`destroy STACK` and `destroy all`: in reverse order, after the user has typed the instance's name.

The team's own stacks; monitoring; dns back to step 1, which no longer uses the load balancer; workloads, until the load
balancer is deleted; dns, whose certificate is then unused; core. bootstrap stays unless it is named: it has the images,
and the roles of the workflows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stacks.deploy import account, leftovers, prerequisites, progress
from stacks.deploy.errors import RefusedError
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.progress import has_load_balancer, read_state
from stacks.deploy.stages import Need
from stacks.naming import StackId
from stacks.terraform import commands


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Answers of the user."""

    name: str | None = None
    """The instance's name; asked for unless given."""
    empty_buckets: bool = False
    unattended: bool = False
    ask: Callable[[str], str] = input


def destroy_stacks(
    instance: Instance, stacks: tuple[StackId, ...], consent: Consent, *, team_stacks: tuple[str, ...] = ()
) -> None:
    """Destroy the given stacks in the right order, the team's own first.

    Raises:
        PrerequisiteError: something is missing, and nothing was changed.
        RefusedError: the name is wrong, or something is protected.
        TerraformError: Terraform or the synthesis fails, or the user stops it.
        OperateError: what the load balancer's controller made does not go away.
    """
    of_workloads = {Need.AWS_CLI, Need.CHARTS}
    with_workloads = StackId.WORKLOADS in stacks
    prerequisites.check_prerequisites(instance, {Need.STATE_BUCKET, *(of_workloads if with_workloads else ())})
    # A destroy of dns first takes the certificate from the load balancer, which is a deployment of workloads.
    if StackId.DNS in stacks and not with_workloads and _has_resources(instance, StackId.WORKLOADS):
        with_workloads = True
        prerequisites.check_prerequisites(instance, of_workloads)
    if with_workloads and progress.has_cluster(instance):
        progress.check_access(instance)
    if StackId.CORE in stacks:
        _check_protection(instance)
        _check_buckets(instance, empty_buckets=consent.empty_buckets)
    if StackId.BOOTSTRAP in stacks:
        _check_repositories(instance)
    if {StackId.WORKLOADS, StackId.DNS} & set(stacks) and instance.config.certificate:
        _check_login(instance)
    _check_name(instance, (*reversed(team_stacks), *_order(stacks)), consent)
    destroy_team_stacks(instance, team_stacks, unattended=consent.unattended)
    for stack in _order(stacks):
        _destroy(instance, stack, consent)
    if StackId.BOOTSTRAP not in stacks and StackId.CORE in stacks:
        print_line(
            "bootstrap stays, with the images in ECR and GitHub's roles. To delete these as well: "
            "./noxw destroy bootstrap"
        )
    if StackId.BOOTSTRAP in stacks:
        print_line(
            f"The state's bucket {instance.names.state_bucket} stays, with the states' history: empty and delete it by "
            "hand if you no longer need it."
        )


def destroy_team_stacks(instance: Instance, stacks: Iterable[str], *, unattended: bool) -> None:
    """Destroy the team's own stacks, but none that was never deployed: its inputs may be gone.

    Raises: TerraformError.
    """
    for stack in reversed(list(stacks)):
        if not _has_resources(instance, stack):
            print_line(f"{stack} has no resources: nothing to destroy.")
            continue
        print_line(f"\n== destroying {stack}, the team's own")
        commands.destroy_stack(instance.terraform, stack, unattended=unattended)


def all_but_bootstrap(instance: Instance) -> tuple[StackId, ...]:
    """Return the stacks that `destroy all` destroys."""
    with_domain = instance.config.domain is not None
    return (StackId.MONITORING, *((StackId.DNS,) if with_domain else ()), StackId.WORKLOADS, StackId.CORE)


def list_destroyed(instance: Instance) -> tuple[str, ...]:
    """Return the ids of the stacks that `destroy all` destroys, in its order."""
    return (*reversed(instance.team), *_order(all_but_bootstrap(instance)))


def _order(stacks: tuple[StackId, ...]) -> tuple[StackId, ...]:
    """Return the stacks in reverse, but dns after workloads: ACM keeps a certificate that a load balancer uses."""
    order = (StackId.MONITORING, StackId.WORKLOADS, StackId.DNS, StackId.CORE, StackId.BOOTSTRAP)
    return tuple(stack for stack in order if stack in stacks)


def _destroy(instance: Instance, stack: StackId, consent: Consent) -> None:
    # Step 1 of dns, and workloads over HTTP, ask nothing of each other or of the load balancer.
    released = {"PIPELINE_CERTIFICATE": "false"} if stack in (StackId.DNS, StackId.WORKLOADS) else {}
    if stack is StackId.WORKLOADS and _has_resources(instance, StackId.DNS):
        print_line("\n== dns back to step 1: delete the address and the validation, which use the load balancer")
        commands.deploy_stack(instance.terraform, StackId.DNS, overrides=released, unattended=consent.unattended)
    if stack is StackId.DNS and has_load_balancer(instance) and _has_resources(instance, StackId.WORKLOADS):
        print_line("\n== workloads back to HTTP: ACM deletes no certificate that a load balancer uses")
        commands.deploy_stack(instance.terraform, StackId.WORKLOADS, overrides=released, unattended=consent.unattended)
    if stack is StackId.CORE:
        leftovers.wait_until_gone(instance.session, instance.names, say=print_line)
        if consent.empty_buckets:
            for bucket in _buckets(instance):
                print_line(f"Emptying {bucket}: {leftovers.empty_bucket(instance.session, bucket)} versions deleted.")
    print_line(f"\n== destroying {stack}")
    commands.destroy_stack(instance.terraform, stack, overrides=released, unattended=consent.unattended)
    if stack is StackId.WORKLOADS:
        leftovers.wait_until_gone(instance.session, instance.names, say=print_line)
    if stack is StackId.CORE:
        leftovers.delete_cluster_logs(instance.session, instance.names)


def _has_resources(instance: Instance, stack: str) -> bool:
    """Return whether the stack's state holds a resource."""
    return any(resource.get("mode") == "managed" for resource in read_state(instance, stack).get("resources", []))


def _check_login(instance: Instance) -> None:
    if instance.config.auth.mode == "oidc":
        raise RefusedError(
            'auth.mode is oidc, which needs HTTPS until the end: set mode = "token", remove [auth.oidc], run '
            "`./noxw deploy workloads`, then destroy."
        )


def _check_protection(instance: Instance) -> None:
    config = instance.config
    protected = [
        field
        for field, on in (
            ("cluster.deletion_protection", config.cluster.deletion_protection),
            ("storage.deletion_protection", config.storage.deletion_protection),
        )
        if on
    ]
    if protected:
        raise RefusedError(
            f"{' and '.join(protected)} {'is' if len(protected) == 1 else 'are'} true, so AWS would refuse half-way: "
            f"set false in {instance.config_file}, run `./noxw deploy core`, then destroy."
        )


def _check_buckets(instance: Instance, *, empty_buckets: bool) -> None:
    full = [bucket for bucket in _buckets(instance) if not leftovers.is_bucket_empty(instance.session, bucket)]
    if full and not empty_buckets:
        raise RefusedError(
            f"{' and '.join(full)} {'holds' if len(full) == 1 else 'hold'} objects, and AWS deletes no bucket that "
            "does: add --empty-buckets to delete all videos and thumbnails, every version of them, for good."
        )


def _check_repositories(instance: Instance) -> None:
    full = account.repositories_with_images(instance.session, instance.config)
    if full:
        raise RefusedError(
            f"{', '.join(full)} {'holds' if len(full) == 1 else 'hold'} images, and ECR deletes no repository that "
            "does: delete the images first (in the console, or with `aws ecr batch-delete-image`)."
        )


def _buckets(instance: Instance) -> tuple[str, ...]:
    """Return the buckets that core made."""
    resources = instance.names.resources
    own_test_source = instance.config.storage.test_source_bucket_name is None
    return (resources.bucket, resources.test_source_bucket) if own_test_source else (resources.bucket,)


def _check_name(instance: Instance, stacks: tuple[str, ...], consent: Consent) -> None:
    config, name = instance.config, consent.name
    if name is None:
        listed = ", ".join(stacks)
        print_line(f"This destroys {listed} of {config.name!r} in account {config.account_id}, {config.region}.")
        try:
            name = consent.ask("Type the pipeline's name to continue: ").strip()
        except EOFError:
            raise RefusedError(
                "There is no terminal to ask for the name, so nothing was destroyed: add --name NAME."
            ) from None
    if name != config.name:
        raise RefusedError(f"{name!r} is not this pipeline's name, {config.name!r}: nothing was destroyed.")
