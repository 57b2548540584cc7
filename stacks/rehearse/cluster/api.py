"""The cluster of a kubeconfig, and requests to its API server as plain JSON."""

import base64
import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from urllib3.exceptions import HTTPError

from stacks.rehearse.emulated.supplement import ReplacingCluster
from stacks.rehearse.errors import RehearsalError

_TIMEOUT_S = 10


class ClusterError(RehearsalError):
    """The cluster refuses a request or does not answer."""


class ClusterApi:
    """The API server of the kubeconfig's current context, with its user. Raises: ClusterError from each method."""

    def __init__(self, kubeconfig: Path) -> None:
        from kubernetes import client, config  # noqa: PLC0415 - half a second of imports

        configuration = client.Configuration()
        config.load_kube_config(str(kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
        self._client = client.ApiClient(configuration)
        self.endpoint: str = configuration.host
        self.authority: Path | None = Path(configuration.ssl_ca_cert) if configuration.ssl_ca_cert else None

    def get(self, path: str, *, accept: str = "application/json") -> Any:
        return self._request("GET", path, {"Accept": accept})

    def patch(self, path: str, changes: dict[str, Any]) -> None:
        """Merge changes into an object; None deletes a field."""
        self._request("PATCH", path, {"Content-Type": "application/merge-patch+json"}, changes)

    def delete(self, path: str) -> None:
        """Delete an object, and what it owns after it."""
        self._request("DELETE", f"{path}?propagationPolicy=Background", {})

    def _request(self, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> Any:
        # Not through the client's classes: they refuse answers that their version does not know.
        request = self._client.param_serialize(
            method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        try:
            answer = self._client.call_api(*request, _request_timeout=_TIMEOUT_S).response
            content = answer.data
        except HTTPError as error:
            raise ClusterError(f"The cluster does not answer {method} {path} ({type(error).__name__}).") from error
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ClusterError(f"The cluster answers {answer.status} to {method} {path}.")
        return json.loads(content)


@dataclass(frozen=True)
class Found:
    cluster: ReplacingCluster
    version: str
    kubeconfig: Path
    api: ClusterApi


def find_cluster(kubeconfig: Path) -> Found:
    """Return the cluster of the current context. Raises: RehearsalError if it does not answer."""
    try:
        api = ClusterApi(kubeconfig)
        version = str(api.get("/version")["gitVersion"])
    except Exception as error:
        raise RehearsalError(
            f"The cluster of {kubeconfig} does not answer ({type(error).__name__}): start it, or rehearse without "
            "--kubeconfig, which leaves out the workloads stack."
        ) from error
    authority = api.authority.read_bytes() if api.authority else b""
    cluster = ReplacingCluster(api.endpoint, base64.b64encode(authority).decode())
    return Found(cluster, version, kubeconfig.resolve(), api)
