"""The team's own stacks: after all others when they are deployed, before them when they are destroyed."""

import json
from collections.abc import Iterable

from stacks.deploy import cdktf_cli, prerequisites
from stacks.deploy.instance import Instance, say
from stacks.deploy.stages import Need


def deploy(instance: Instance, stacks: Iterable[str], *, unattended: bool) -> None:
    """Raises: PrerequisiteError if something is missing, CommandError if cdktf or Terraform fails."""
    for stack in stacks:
        prerequisites.check(instance, {Need.STATE_BUCKET})
        say(f"\n== {stack}, the team's own")
        cdktf_cli.deploy(instance.project, stack, overrides={}, unattended=unattended)


def destroy(instance: Instance, stacks: Iterable[str], *, unattended: bool) -> None:
    """Raises: CommandError. What was never deployed is left alone: it may read outputs that are gone by now."""
    for stack in reversed(list(stacks)):
        if not _stands(instance, stack):
            say(f"Nothing of {stack} stands.")
            continue
        say(f"\n== destroying {stack}, the team's own")
        cdktf_cli.destroy(instance.project, stack, overrides={}, unattended=unattended)


def _stands(instance: Instance, stack: str) -> bool:
    """Whether the stack's state holds a resource."""
    s3 = instance.session.client("s3")
    try:
        answer = s3.get_object(Bucket=instance.names.state_bucket, Key=instance.names.state_key(stack))
    except s3.exceptions.NoSuchKey:
        return False
    resources = json.loads(answer["Body"].read()).get("resources", [])
    return any(resource.get("mode") == "managed" for resource in resources)
