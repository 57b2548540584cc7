"""Checks of everything that a stage needs, before anything is changed; one error names all that is missing."""

import os
from collections.abc import Callable, Iterable, Sequence

from stacks.charts.archives import FOLDER, ChartError, fetch_archives
from stacks.charts.pins import PUBLIC_CHARTS
from stacks.cost.capacity import max_vcpus
from stacks.deploy import account, progress, tools
from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.existing.identities import check_identities
from stacks.deploy.existing.network import check_network
from stacks.deploy.existing.sources import check_sources
from stacks.deploy.existing.zone import check_zone
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.stages import Need


def check_prerequisites(instance: Instance, needs: Iterable[Need], *, docker: bool = False) -> None:
    """Raise PrerequisiteError naming everything that is missing. AWS is asked only with valid credentials."""
    needs = list(needs)
    problems = list(_problems(_local_checks(instance, needs, docker=docker)))
    signed_in = list(_problems([lambda: account.check_credentials(instance)]))
    problems += signed_in
    if not signed_in:
        checks = _checks_in_aws(instance)
        problems += _problems(checks[need] for need in needs if need in checks)
    if problems:
        raise PrerequisiteError.of_all(problems)


def fetch_charts(instance: Instance) -> None:
    """Fetch the public charts that the instance does not keep yet. Raises: PrerequisiteError if that fails."""
    try:
        fetch_archives(instance.project / FOLDER, PUBLIC_CHARTS, say=print_line)
    except ChartError as error:
        raise PrerequisiteError(str(error)) from None


def _local_checks(instance: Instance, needs: Sequence[Need], *, docker: bool) -> Iterable[Callable[[], None]]:
    yield tools.check_terraform
    yield tools.check_node
    if Need.AWS_CLI in needs:
        yield tools.check_aws_cli
    if Need.CHARTS in needs:
        yield lambda: fetch_charts(instance)
    if docker:
        yield tools.check_docker


def _checks_in_aws(instance: Instance) -> dict[Need, Callable[[], None]]:
    session, config = instance.session, instance.config
    return {
        Need.STATE_BUCKET: lambda: account.check_state_bucket(session, config),
        Need.QUOTA: lambda: _check_quota(instance),
        Need.QUOTA_LATER: lambda: _note_quota(instance),
        Need.IMAGES: lambda: _check_images(instance),
        Need.CLUSTER: lambda: progress.check_cluster(instance),
        Need.ACCESS: lambda: progress.check_access(instance),
        Need.CERTIFICATE: lambda: progress.check_certificate(instance),
        Need.LOAD_BALANCER: lambda: progress.check_load_balancer(instance),
        Need.DELEGATION: lambda: progress.check_delegation(instance),
        Need.IDENTITIES: lambda: check_identities(session, config),
        Need.NETWORK: lambda: check_network(session, config),
        Need.SOURCES: lambda: check_sources(session, config),
        Need.ZONE: lambda: check_zone(session, config),
    }


def _check_images(instance: Instance) -> None:
    account.check_repository_secrets(instance, os.environ)
    account.check_images(instance.session, instance.config)


def _check_quota(instance: Instance) -> None:
    note = account.check_fargate_quota(instance.session, instance.config, needed_vcpus=max_vcpus(instance.config))
    if note:
        print_line(f"Note: {note}")


def _note_quota(instance: Instance) -> None:
    """Print the problem that the workloads stack will have: a raise of the quota can take a day."""
    try:
        _check_quota(instance)
    except PrerequisiteError as problem:
        print_line(f"Note: {problem} The workloads stack needs it, this one does not.")


def _problems(checks: Iterable[Callable[[], None]]) -> Iterable[PrerequisiteError]:
    for check_one in checks:
        try:
            check_one()
        except PrerequisiteError as problem:
            yield problem
