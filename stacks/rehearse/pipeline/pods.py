"""Worker, api and frames as processes, each with the environment of its Deployment."""

import os
import re
import socket
import sys
from collections.abc import Mapping
from typing import Any

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.project.copies import RehearsalSettings

_REFERENCE = re.compile(r"\$\{data\.terraform_remote_state\.core\.outputs\.(\w+)\}")
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")
_MODULES = {"worker": ("services.worker", "run"), "api": ("services.api",), "frames": ("services.frames",)}


def deployment_environment(workloads: Mapping[str, Any], part: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a Deployment's container, with Terraform's references replaced by core's outputs.

    Raises:
        RehearsalError: a value refers to something else.
    """
    deployment = workloads["resource"]["kubernetes_deployment_v1"][f"{part}-deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["container"]
    environment = {}
    for entry in container["env"]:
        name, value = entry["name"], entry["value"]
        for output in _REFERENCE.findall(value):
            if output not in outputs:
                raise RehearsalError(f"{name} refers to core's output {output}, which the applied stack does not have.")
        resolved = _REFERENCE.sub(lambda found: outputs[found[1]], value)
        if "${" in resolved:
            raise RehearsalError(f"{name} of the {part}'s Deployment refers to {value}, which is no output of core.")
        environment[name] = resolved
    return environment


def process_environment(
    environment: Mapping[str, str], place: RehearsalSettings, endpoint: str, *, kubeconfig: str | None = None
) -> tuple[dict[str, str], list[str]]:
    """Return the environment of a process in place of a pod, and the settings that differ from the Deployment's.

    A pod has an address of its own; on this machine a port that is taken is replaced by a free one.
    """
    changed = {name: str(_free_port()) for name in taken_ports(environment)}
    base = place.environment(endpoint, {name: os.environ[name] for name in _KEPT if name in os.environ})
    # The region is one of the Deployment's variables. The name of the CLI configuration marks our processes.
    others = ("AWS_REGION", "AWS_DEFAULT_REGION", *place.overrides)
    identity = {name: value for name, value in base.items() if name not in others}
    own = {**identity, "KUBECONFIG": kubeconfig or os.devnull, **environment, **changed}
    return own, [f"{name}={value} instead of {environment[name]}" for name, value in changed.items()]


def taken_ports(environment: Mapping[str, str]) -> list[str]:
    """Return the variables whose port another process of this machine has."""
    ports = {name: int(value) for name, value in environment.items() if name.endswith("_PORT")}
    return [name for name, port in ports.items() if port and not _is_free(port)]


def command(part: str) -> list[str]:
    return [sys.executable, "-m", *_MODULES[part]]


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])
