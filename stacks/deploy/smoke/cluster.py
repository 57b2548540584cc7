"""The worker's ScaledObject, read from the cluster's API with a token of `aws eks get-token`."""

import base64
import binascii
import json
import subprocess
from typing import Any

import urllib3

from stacks.deploy.errors import SmokeError
from stacks.deploy.instance import Instance
from stacks.deploy.progress import read_state
from stacks.naming import StackId

_TIMEOUT_S = 20.0


def check_scaled_object(instance: Instance) -> str:
    """Return what KEDA says of the worker's ScaledObject. Raises: SmokeError if it is not Ready."""
    names = instance.names
    outputs = read_state(instance, StackId.CORE).get("outputs", {})
    try:
        endpoint = str(outputs["cluster_endpoint"]["value"])
        authority = base64.b64decode(outputs["cluster_ca_data"]["value"]).decode()
    except (KeyError, binascii.Error, UnicodeDecodeError):
        raise SmokeError("core's state has no address of the cluster: run `./noxw deploy core`.") from None
    url = f"{endpoint}/apis/keda.sh/v1alpha1/namespaces/{names.namespace}/scaledobjects/{names.worker}"
    with urllib3.PoolManager(ca_cert_data=authority, timeout=_TIMEOUT_S, retries=False) as http:
        try:
            answer = http.request("GET", url, headers={"Authorization": f"Bearer {_token(instance)}"})
        except urllib3.exceptions.HTTPError as error:
            raise SmokeError(
                f"The cluster's API {endpoint} cannot be reached: {error}. Is cluster.public_access_cidrs narrower?"
            ) from None
    if answer.status != 200:
        raise SmokeError(f"The cluster answers {answer.status} for the ScaledObject {names.worker}.")
    ready = _condition(answer.json(), "Ready")
    if ready.get("status") != "True":
        raise SmokeError(
            f"The ScaledObject {names.worker} is not Ready: {ready.get('message') or 'KEDA gives no reason'}"
        )
    return f"{names.worker} is Ready"


def _condition(found: dict[str, Any], kind: str) -> dict[str, Any]:
    conditions = found.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one.get("type") == kind), {})


def _token(instance: Instance) -> str:
    command = ["aws", "eks", "get-token", "--cluster-name", instance.names.cluster, "--region", instance.config.region]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    except FileNotFoundError:
        raise SmokeError("The AWS CLI is needed for the cluster's token, and `aws` is not on the PATH.") from None
    if done.returncode != 0:
        raise SmokeError(f"`aws eks get-token` ended with status {done.returncode}: {done.stderr.strip()}")
    try:
        return str(json.loads(done.stdout)["status"]["token"])
    except (ValueError, KeyError, TypeError):
        raise SmokeError("`aws eks get-token` answers without a token: is it version 2 of the AWS CLI?") from None
