"""`images -- --tag 1.0.5`: builds the images and pushes them to ECR, which never lets a tag move."""

import base64
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from stacks import naming
from stacks.config import types as values
from stacks.config.model import PipelineConfig
from stacks.deploy import account, tools
from stacks.deploy.errors import RefusedError
from stacks.deploy.instance import Instance, print_line
from stacks.instance.locked import locked_requirements
from stacks.naming import Names

if TYPE_CHECKING:
    from boto3 import Session

PLATFORM = "linux/amd64"
"""Fargate pods run on x86-64 only."""

SERVICES = Path(__file__).resolve().parents[2] / "services"
"""The services with their Dockerfiles: in a checkout or in an installed package."""

_NOT_COPIED = shutil.ignore_patterns("__pycache__", "node_modules", ".next", ".env*", "test-results")


@contextmanager
def build_context() -> Iterator[Path]:
    """Yield a folder with only the files that the Dockerfiles copy: an installed package has others next to it.

    It looks like the root of this project's repository, as far as they know it.
    """
    with TemporaryDirectory() as folder:
        context = Path(folder)
        shutil.copytree(SERVICES, context / "services", ignore=_NOT_COPIED)
        (context / "requirements").mkdir()
        for service in ("worker", "api"):
            shutil.copy(locked_requirements(service), context / "requirements")
        yield context


def push_images(instance: Instance, *, tag: str) -> None:
    """Build and push every image whose tag is not in ECR yet.

    Raises:
        PrerequisiteError: no Docker, no credentials, no repository, or the workflow's secrets name others.
        RefusedError: the tag is not one that stays.
        CommandError: Docker fails.
    """
    check_tag(tag)
    config = instance.config.model_copy(update={"image_tag": tag})
    tools.check_docker()
    account.check_credentials(instance)
    account.check_repository_secrets(instance, os.environ)
    missing = account.missing_images(instance.session, config)
    for service in naming.SERVICES:
        if service not in missing:
            print_line(f"{service} {tag} is already in ECR, where tags are immutable: it was not replaced.")
    build_and_push(instance, missing, tag=tag)
    print_line(
        f"Next: set image_tag = {tag!r} in {instance.config_file}, then ./noxw deploy core (the first time) or "
        "workloads"
    )


def build_and_push(instance: Instance, services: Iterable[str], *, tag: str) -> None:
    """Build and push images of services. Raises: CommandError if Docker fails, PrerequisiteError if ECR refuses."""
    config = instance.config.model_copy(update={"image_tag": tag})
    built = []
    with build_context() as context:
        for service in services:
            print_line(f"\n== image of {service}")
            for command in build_commands(config, service, team=instance.project / "team"):
                tools.run_program(command, cwd=context)
            built.append(service)
    if not built:
        return
    _log_in(instance.session, config)
    for service in built:
        tools.run_program(["docker", "push", Names(config).image(service)], cwd=instance.project)


def build_commands(config: PipelineConfig, service: str, *, team: Path) -> list[list[str]]:
    """Return the commands that build an image: ours, and the team's on top if there is `team/<service>/Dockerfile`.

    The team's build begins with `ARG PIPELINE` and `FROM ${PIPELINE}`, and may copy the files next to it.
    """
    image = Names(config).image(service)
    own = team / service
    if not (own / "Dockerfile").is_file():
        return [_build(config, image, "--pull", f"--file=services/{service}/Dockerfile", ".")]
    ours = f"{Names(config).repository(service)}:pipeline-{config.image_tag}"
    return [
        _build(config, ours, "--pull", f"--file=services/{service}/Dockerfile", "."),
        # No --pull: what it is built from is on this machine alone.
        _build(config, image, f"--build-arg=PIPELINE={ours}", os.fspath(own)),
    ]


def _build(config: PipelineConfig, image: str, *arguments: str) -> list[str]:
    # --pull takes the newest content of the base's tag: with its security fixes.
    label = f"--label=org.opencontainers.image.version={config.image_tag}"
    return ["docker", "build", f"--platform={PLATFORM}", f"--tag={image}", label, *arguments]


def check_tag(tag: str) -> None:
    """Raise RefusedError for `latest` and for a text that is no tag."""
    try:
        TypeAdapter(values.ImageTag).validate_python(tag)
    except ValidationError as error:
        rule = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise RefusedError(f"--tag {tag!r} is not taken: it is {rule}. For example: --tag 1.0.5") from None


def _log_in(session: "Session", config: PipelineConfig) -> None:
    registry = Names(config).image("worker").partition("/")[0]
    answer = session.client("ecr").get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(answer[0]["authorizationToken"]).decode().partition(":")
    tools.run_program(
        ["docker", "login", "--username", user, "--password-stdin", registry], cwd=SERVICES, stdin=password
    )
