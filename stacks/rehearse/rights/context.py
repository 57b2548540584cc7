"""Condition keys of a request, and what earlier requests tell of the account: tags, boundaries of roles."""

import re
from collections.abc import Iterable, Mapping

from stacks.rehearse.rights.actions import NeededAction
from stacks.rehearse.rights.errors import UnknownRequestError
from stacks.rehearse.rights.resources import ActionType, CallScope, arns_in, resources_of
from stacks.rehearse.rights.tags import ResourceTags, read_tags, removed_tags
from stacks.rehearse.rights.wire import Call

Context = dict[str, str | tuple[str, ...]]

_NO_ID = re.compile(r":[\w-]+/new$")
"""An ARN such as `vpc/new`, of something whose id only the answer tells."""

_WITH_BOUNDARY = ("CreateRole", "PutRolePermissionsBoundary")


class Account:
    """Tags and boundaries that the requests so far have set."""

    def __init__(self) -> None:
        self.tags = ResourceTags()
        self.boundaries: dict[str, str] = {}

    def learn(
        self,
        call: Call,
        needed: Iterable[NeededAction],
        answer: bytes,
        known: Mapping[str, ActionType],
        place: CallScope,
    ) -> None:
        """Remember the tags and boundaries that a successful call has set."""
        tags, removed = read_tags(call.parameters), removed_tags(call.parameters)
        if call.operation == "DeleteTags":
            tags, removed = {}, list(tags)
        if call.service == "iam" and call.operation in _WITH_BOUNDARY and "PermissionsBoundary" in call.parameters:
            self.boundaries[call.parameters["RoleName"]] = call.parameters["PermissionsBoundary"]
        if not tags and not removed:
            return
        text = answer.decode("utf-8", "replace")
        for need in needed:
            if known[need.action].only_all:
                continue
            named = resources_of(need, known[need.action], place)
            arns = [arn for arn in named if not _NO_ID.search(arn)]
            if need.kind or call.operation.startswith(("Create", "Request", "Allocate")):
                created = arns_in(text, known[need.action], call.service, place)
                if not created and len(arns) < len(named):
                    raise UnknownRequestError(f"the recorded answer to {call} does not tell what it has created")
                arns += created
            self.tags.add(arns, tags)
            self.tags.remove(arns, removed)


def context_of(call: Call, need: NeededAction, resource: str, account: Account, place: CallScope) -> Context:
    """Return the values of the condition keys of one action on one resource, but for those of the role."""
    service = need.action.partition(":")[0]
    owner = resource.split(":")[4] if resource.startswith("arn:") else ""
    context: Context = {
        "aws:PrincipalAccount": place.account,
        "aws:RequestedRegion": place.region,
        "aws:ResourceAccount": owner or place.account,
        # The embedded AWS has no TLS; AWS has.
        "aws:SecureTransport": "true",
        **need.context,
    }
    tags = read_tags(call.parameters)
    if tags:
        context |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        context["aws:TagKeys"] = tuple(sorted(tags))
    for key, value in account.tags.of(resource).items():
        context[f"aws:ResourceTag/{key}"] = value
        context[f"{service}:ResourceTag/{key}"] = value
    if service == "iam":
        context |= _of_iam(call, account)
    if need.action == "s3:ListBucket" and (prefix := call.parameters.get("prefix")):
        context["s3:prefix"] = prefix
    if service == "dynamodb" and (keys := _leading_keys(need)):
        context["dynamodb:LeadingKeys"] = keys
    if service == "kms" and call.service == "secretsmanager":
        context["kms:EncryptionContext:SecretARN"] = str(call.parameters.get("SecretId", ""))
    return context


def _leading_keys(need: NeededAction) -> tuple[str, ...]:
    """Return the partition key of the item that is read or written; the table has no sort key."""
    item = need.parameters.get("Item", {})
    key = need.parameters.get("Key") or {name: value for name, value in item.items() if name == "pk"}
    return tuple(text for value in key.values() for text in value.values())


def _of_iam(call: Call, account: Account) -> Context:
    parameters = call.parameters
    context: Context = {}
    boundary = parameters.get("PermissionsBoundary") or account.boundaries.get(parameters.get("RoleName", ""))
    if boundary:
        context["iam:PermissionsBoundary"] = boundary
    if "PolicyArn" in parameters:
        context["iam:PolicyARN"] = parameters["PolicyArn"]
    if "AWSServiceName" in parameters:
        context["iam:AWSServiceName"] = parameters["AWSServiceName"]
    return context
