"""`images -- --tag 1.0.5`: builds the images and pushes them to ECR, which never lets a tag move."""

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from stacks import values
from stacks.config import PipelineConfig
from stacks.naming import Names
from stacks.operate import account, tools
from stacks.operate.errors import RefusedError
from stacks.operate.instance import Instance, say

if TYPE_CHECKING:
    from boto3 import Session

PLATFORM = "linux/amd64"
"""Fargate pods run on x86-64 only."""

SOURCES = Path(__file__).resolve().parents[2]
"""Where the services and their Dockerfiles are, and what Docker may read to build them."""


def dockerfile(service: str) -> Path:
    return SOURCES / "services" / service / "Dockerfile"


def push_images(instance: Instance, *, tag: str) -> None:
    """Builds and pushes every image whose tag is not in ECR yet.

    Raises:
        PrerequisiteError: no Docker, no credentials, no repository, or the workflow's secrets name others.
        RefusedError: the tag is not one that stays.
        CommandError: Docker fails.
    """
    check_tag(tag)
    config = instance.config.model_copy(update={"image_tag": tag})
    tools.check_docker()
    account.check_credentials(instance.session, config)
    account.check_repository_secrets(config, os.environ)
    missing = account.missing_images(instance.session, config)
    for service in account.SERVICES:
        if service not in missing:
            say(f"{service} {tag} is in ECR already, where a tag never moves: left as it is.")
    build_and_push(instance, missing, tag=tag)
    say(f"Next: set image_tag = {tag!r} in pipeline.toml, then ./noxw -s deploy -- core (the first time) or workloads")


def build_and_push(instance: Instance, services: Iterable[str], *, tag: str) -> None:
    """Raises: CommandError if Docker fails, PrerequisiteError if ECR refuses."""
    config = instance.config.model_copy(update={"image_tag": tag})
    built = []
    for service in services:
        if not dockerfile(service).exists():
            say(f"{service} has no Dockerfile yet (services/{service}/Dockerfile): left out.")
            continue
        say(f"\n== image of {service}")
        tools.run(build_command(config, service), cwd=SOURCES)
        built.append(service)
    if not built:
        return
    _log_in(instance.session, config)
    for service in built:
        tools.run(["docker", "push", Names(config).image(service)], cwd=SOURCES)


def build_command(config: PipelineConfig, service: str) -> list[str]:
    return [
        "docker",
        "build",
        f"--platform={PLATFORM}",
        # The newest content of the base's tag: with its security fixes.
        "--pull",
        f"--file={dockerfile(service).relative_to(SOURCES)}",
        f"--tag={Names(config).image(service)}",
        f"--label=org.opencontainers.image.version={config.image_tag}",
        ".",
    ]


def check_tag(tag: str) -> None:
    """Raises: RefusedError for `latest` and for what is no tag."""
    try:
        TypeAdapter(values.ImageTag).validate_python(tag)
    except ValidationError as error:
        rule = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise RefusedError(f"--tag {tag!r} is not taken: it is {rule}. For example: --tag 1.0.5") from None


def _log_in(session: "Session", config: PipelineConfig) -> None:
    registry = Names(config).image("worker").partition("/")[0]
    answer = session.client("ecr").get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(answer[0]["authorizationToken"]).decode().partition(":")
    tools.run(["docker", "login", "--username", user, "--password-stdin", registry], cwd=SOURCES, stdin=password)
