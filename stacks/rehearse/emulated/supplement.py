"""Answers of AWS that ministack lacks or gives otherwise, as a layer in the proxy.

- EKS: Fargate profiles; `upgradePolicy`, without which Terraform calls UpdateClusterConfig, which ministack lacks; an
  https issuer, as Terraform refuses http; versions of add-ons; address and certificate of the cluster at hand.
- CloudWatch: alarms in the Query protocol, which older AWS providers speak.
- STS: the deploy role as the caller, whose requests these are; the cluster admits no other.
- Secrets Manager: a version without a value does not exist; ministack keeps one as the previous version.
- Service Quotas: the quota of Fargate, high enough for every config.
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from stacks.rehearse.emulated.alarms import EmulatedAlarms
from stacks.rehearse.emulated.answers import ProxyAnswer, ProxyRequest, json_answer, json_error

_PROFILES = re.compile(r"/clusters/([^/]+)/fargate-profiles(?:/([^/]+))?")
_CLUSTER = re.compile(r"/clusters(?:/([^/]+))?")
_VERSIONS = "/addons/supported-versions"
_QUOTA = "ServiceQuotasV20190624.GetServiceQuota"

_GET_VALUE = "secretsmanager.GetSecretValue"
_CALLER = re.compile(rb"<Arn>[^<]*</Arn>")

_CHANGE_S = 0.5
"""Seconds that a Fargate profile is created or deleted: enough for a second one that does not wait to be refused."""


@dataclass(frozen=True)
class ReplacingCluster:
    """A real Kubernetes cluster that replaces the one of EKS."""

    endpoint: str
    ca_data: str
    """Certificate authority, in base64."""


class Supplement:
    """Layer in front of ministack: `answer` replaces its answer, `amend` changes one that it gave."""

    def __init__(
        self,
        *,
        region: str,
        arn: Callable[[str], str],
        callers: Mapping[str, str],
        cluster: ReplacingCluster | None = None,
    ) -> None:
        """`arn` makes one of EKS; `callers` has the ARNs of principals that are not the account itself."""
        self._region = region
        self._callers = callers
        self._arn = arn
        self._cluster = cluster
        self._profiles: dict[tuple[str, str], dict[str, Any]] = {}
        self._upgrade_policies: dict[str, Any] = {}
        self._alarms = EmulatedAlarms()
        self._lock = threading.Lock()

    def answer(self, request: ProxyRequest) -> ProxyAnswer | None:
        """Return an answer that ministack would not give; None to ask it."""
        path = unquote(request.path)
        if request.target == _QUOTA:
            code = request.json().get("QuotaCode", "")
            return json_answer({"Quota": {"ServiceCode": "fargate", "QuotaCode": code, "Value": 10_000.0}})
        if path == _VERSIONS:
            return _addon_versions(request.query)
        if found := _PROFILES.fullmatch(path):
            with self._lock:
                return self._answer_about_profiles(request, found[1], found[2])
        return None

    def amend(self, request: ProxyRequest, answer: ProxyAnswer, *, principal: str) -> ProxyAnswer:
        """Return ministack's answer to a principal, changed where Terraform needs what real AWS says."""
        if request.target == _GET_VALUE and answer.status == 200 and b'"Secret' not in answer.body:
            text = "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS"
            return json_error("ResourceNotFoundException", text, 400)
        if request.form.get("Action") == "GetCallerIdentity" and principal in self._callers:
            own = f"<Arn>{self._callers[principal]}</Arn>".encode()
            return ProxyAnswer(answer.status, _CALLER.sub(own, answer.body), answer.headers)
        if request.form:
            return self._alarms.amend(request, answer)
        found = _CLUSTER.fullmatch(unquote(request.path))
        if not found or answer.status != 200 or not answer.body.startswith(b"{"):
            return answer
        document = json.loads(answer.body)
        cluster = document.get("cluster")
        if not cluster:
            return answer
        if request.method == "POST" and found[1] is None:
            self._upgrade_policies[cluster["name"]] = request.json().get("upgradePolicy")
        cluster["upgradePolicy"] = self._upgrade_policies.get(cluster["name"]) or {"supportType": "EXTENDED"}
        issuer = cluster.get("identity", {}).get("oidc", {}).get("issuer", "")
        if issuer:
            host = f"https://oidc.eks.{self._region}.amazonaws.com"
            cluster["identity"]["oidc"]["issuer"] = f"{host}/id/{issuer.rpartition('/')[2]}"
        if self._cluster:
            cluster["endpoint"] = self._cluster.endpoint
            cluster["certificateAuthority"] = {"data": self._cluster.ca_data}
        return ProxyAnswer(answer.status, json.dumps(document).encode(), answer.headers)

    def _answer_about_profiles(self, request: ProxyRequest, cluster: str, name: str | None) -> ProxyAnswer:
        self._finish_changes()
        if name is None and request.method == "GET":
            return json_answer({"fargateProfileNames": [own for of, own in self._profiles if of == cluster]})
        if name is None:
            return self._create_profile(cluster, request.json())
        profile = self._profiles.get((cluster, name))
        if profile is None:
            return json_error("ResourceNotFoundException", f"No Fargate Profile found with name: {name}.", 404)
        if request.method == "DELETE":
            if busy := self._changing(cluster):
                return busy
            profile |= {"status": "DELETING", "changed": time.monotonic()}
        return json_answer({"fargateProfile": _public(profile)})

    def _create_profile(self, cluster: str, asked: dict[str, Any]) -> ProxyAnswer:
        name = asked["fargateProfileName"]
        token = asked.get("clientRequestToken")
        if present := self._profiles.get((cluster, name)):
            # A client that lost the answer asks again.
            if token and token == present["token"]:
                return json_answer({"fargateProfile": _public(present)})
            return json_error("ResourceInUseException", f"FargateProfile already exists with name {name}", 409)
        if busy := self._changing(cluster):
            return busy
        profile = {
            "fargateProfileName": name,
            "fargateProfileArn": self._arn(f"fargateprofile/{cluster}/{name}/{uuid.uuid4()}"),
            "clusterName": cluster,
            "createdAt": time.time(),
            "podExecutionRoleArn": asked["podExecutionRoleArn"],
            "subnets": asked.get("subnets", []),
            "selectors": asked.get("selectors", []),
            "tags": asked.get("tags", {}),
            "status": "CREATING",
            "changed": time.monotonic(),
            "token": token,
        }
        self._profiles[cluster, name] = profile
        return json_answer({"fargateProfile": _public(profile)})

    def _changing(self, cluster: str) -> ProxyAnswer | None:
        """Return a refusal while another profile of the cluster is created or deleted: EKS takes one at a time."""
        for (of, name), profile in self._profiles.items():
            if of == cluster and profile["status"] != "ACTIVE":
                text = f"Cluster {cluster} has Fargate profile {name} in status {profile['status']}"
                return json_error("ResourceInUseException", text, 409)
        return None

    def _finish_changes(self) -> None:
        for key, profile in list(self._profiles.items()):
            if time.monotonic() - profile["changed"] < _CHANGE_S:
                continue
            if profile["status"] == "DELETING":
                del self._profiles[key]
            profile["status"] = "ACTIVE"


def _public(profile: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in profile.items() if key not in ("changed", "token")}


def _addon_versions(query: str) -> ProxyAnswer:
    """Return one version of the add-on that is asked for, the default one of the asked Kubernetes version."""
    asked = parse_qs(query)
    kubernetes = asked.get("kubernetesVersion", ["1.36"])[0]
    version = {
        "addonVersion": "v1.0.0-eksbuild.1",
        "architecture": ["amd64", "arm64"],
        "compatibilities": [{"clusterVersion": kubernetes, "defaultVersion": True, "platformVersions": ["*"]}],
        "computeTypes": ["ec2", "fargate"],
        "requiresConfiguration": False,
    }
    return json_answer(
        {"addons": [{"addonName": name, "addonVersions": [version]} for name in asked.get("addonName", [])]}
    )
