"""Policies of the synthesized stacks, with the ARNs that Terraform would put into them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.naming import StackId
from stacks.rehearse.rights.errors import RightsError
from stacks.rehearse.rights.resources import CallScope

Policy = dict[str, Any]

_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.(\w+)\}")
_ARNS = {
    "aws_iam_policy": ":iam::{account}:policy/{name}",
    "aws_iam_role": ":iam::{account}:role/{name}",
    "aws_s3_bucket": ":s3:::{bucket}",
    # Secrets Manager adds six characters to the name.
    "aws_secretsmanager_secret": ":secretsmanager:{region}:{account}:secret:{name}-??????",
    "aws_sns_topic": ":sns:{region}:{account}:{name}",
    "aws_sqs_queue": ":sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True)
class Role:
    """A role with what it may do."""

    name: str
    arn: str
    policies: Mapping[str, Policy]
    """Policies of the role by their names."""
    boundary: tuple[str, Policy] | None
    """Name and policy of the permissions boundary; None if there is none, or its text is not in the stacks."""
    unknown: tuple[str, ...]
    """Policies of the role whose text is not in the stacks: AWS or the organisation maintains it."""


class Policies:
    """Roles and resource policies of one instance.

    Raises:
        RightsError: there are no synthesized stacks in the folder.
    """

    def __init__(self, cdktf_out: Path) -> None:
        files = sorted(cdktf_out.glob("stacks/*/cdk.tf.json"))
        if not any(file.parent.name == StackId.BOOTSTRAP for file in files):
            raise RightsError(f"{cdktf_out} holds no synthesized bootstrap stack: run `./noxw synth` first.")
        documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        provider = documents[0]["provider"]["aws"][0]
        self.place = CallScope(provider["region"], provider["allowed_account_ids"][0])
        self._resources: dict[str, dict[str, dict[str, Any]]] = {}
        for document in documents:
            for kind, named in document.get("resource", {}).items():
                self._resources.setdefault(kind, {}).update(named)

    def role(self, principal: str) -> Role:
        """Return the role of a sender of requests: `deploy`, `worker`, `api` or `frames`."""
        found = self._resources["aws_iam_role"].get(f"{principal}-role")
        if found is None:
            raise RightsError(f"the stacks have no role for `{principal}`, which has sent requests")
        address = f"${{aws_iam_role.{principal}-role.name}}"
        attached = [
            self._filled(one["policy_arn"])
            for one in self._resources.get("aws_iam_role_policy_attachment", {}).values()
            if one["role"] == address
        ]
        policies = {
            logical_id: self._document(one["policy"])
            for logical_id, one in self._resources.get("aws_iam_role_policy", {}).items()
            if one["role"] == address
        }
        unknown = [f"the policy {_name(arn)} of {found['name']}" for arn in attached if not self._managed(arn)]
        limit = self._filled(found.get("permissions_boundary", ""))
        if limit and not self._managed(limit):
            unknown.append(f"the boundary {_name(limit)} of {found['name']}")
        return Role(
            name=found["name"],
            arn=f"arn:{self.place.partition}:iam::{self.place.account}:role/{found['name']}",
            policies={**policies, **dict(one for arn in attached if (one := self._managed(arn)))},
            boundary=self._managed(limit),
            unknown=tuple(unknown),
        )

    def of_resource(self, arn: str) -> Policy | None:
        """Return the policy of a bucket, queue or key; None if it has none."""
        if arn == "*":
            return None
        service = arn.split(":")[2]
        kind, argument = {"s3": ("aws_s3_bucket_policy", "bucket"), "sqs": ("aws_sqs_queue_policy", "queue_url")}.get(
            service, ("", "")
        )
        for resource in self._resources.get(kind, {}).values():
            name = self._filled(resource[argument]).rpartition(":")[2]
            if arn.split(":")[5].partition("/")[0] == name:
                return self._document(resource["policy"])
        if service == "kms":
            # An instance has one key, whose id only AWS knows.
            for key in self._resources.get("aws_kms_key", {}).values():
                return self._document(key["policy"])
        return None

    def _managed(self, arn: str) -> tuple[str, Policy] | None:
        name = _name(arn)
        for resource in self._resources.get("aws_iam_policy", {}).values():
            if resource["name"] == name:
                return name, self._document(resource["policy"])
        return None

    def _document(self, text: str) -> Policy:
        policy: Policy = json.loads(self._filled(text))
        return policy

    def _filled(self, text: str) -> str:
        return _REFERENCE.sub(lambda reference: self._value(reference[1], reference[2]), text)

    def _value(self, kind: str, logical_id: str) -> str:
        resource = self._resources.get(kind, {}).get(logical_id)
        if resource is None or kind not in _ARNS:
            raise RightsError(
                f"a policy refers to {kind}.{logical_id}, whose ARN is unknown here: add its format to "
                "stacks/rehearse/rights/policies.py"
            )
        arn = _ARNS[kind].format(**{"account": self.place.account, "region": self.place.region, **resource})
        return f"arn:{self.place.partition}{arn}"


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
