"""ARNs of the resources on which an action acts: IAM's format of their type, filled from the call's parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from stacks.config.partitions import partition_of
from stacks.rehearse.rights.actions import NeededAction
from stacks.rehearse.rights.errors import UnknownRequestError

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")

_PARAMETERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cloudwatch": {"AlarmName": ("AlarmName", "AlarmNames"), "DashboardName": ("DashboardName", "DashboardNames")},
    "dynamodb": {"TableName": ("TableName",), "IndexName": ("IndexName",)},
    "ecr": {"RepositoryName": ("repositoryName", "repositoryNames")},
    "eks": {
        "AddonName": ("addonName",),
        "ClusterName": ("clusterName", "name"),
        "FargateProfileName": ("fargateProfileName",),
    },
    "events": {"EventBusName": ("EventBusName", "Name"), "RuleName": ("Rule", "Name")},
    "iam": {"OidcProviderName": ("Url",), "PolicyNameWithPath": ("PolicyName",), "RoleNameWithPath": ("RoleName",)},
    "kms": {"Alias": ("AliasName",), "KeyId": ("KeyId", "TargetKeyId")},
    "logs": {"LogGroupName": ("logGroupName",)},
    "route53": {"Id": ("Id", "HostedZoneId", "ResourceId")},
    "s3": {"BucketName": ("Bucket",), "ObjectName": ("Key",)},
    "secretsmanager": {"SecretId": ("SecretId", "Name")},
    "servicequotas": {"QuotaCode": ("QuotaCode",), "ServiceCode": ("ServiceCode",)},
    "sns": {"TopicName": ("Name",)},
    "sqs": {"QueueName": ("QueueName", "QueueUrl")},
}
"""Parameters that give the placeholders of ARNs their values, by service."""

_IDS = {
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""Types of EC2's resources by the prefix of their ids."""

_INSTEAD = {
    "dynamodb:ListTagsOfResource": "table",
    "dynamodb:Query": "index",
    "dynamodb:Scan": "index",
    "dynamodb:TagResource": "table",
    "dynamodb:UntagResource": "table",
}
"""Types that an action acts on instead of those that IAM's list requires, if the call names one of them."""

_CREATES = ("Create", "Request", "Allocate", "Put", "Tag", "Add")
_READS = ("Describe", "List", "Get")


@dataclass(frozen=True)
class ActionType:
    """An action, as IAM's list describes it."""

    only_all: bool
    """The action acts on no single resources: its resource is `*`."""
    formats: Mapping[str, str]
    """Formats of ARNs by the type of resource."""
    required: frozenset[str]


@dataclass(frozen=True)
class CallScope:
    """Region and account of a call."""

    region: str
    account: str

    @property
    def partition(self) -> str:
        return partition_of(self.region)


def resources_of(need: NeededAction, known: ActionType, place: CallScope) -> list[str]:
    """Return the ARNs of everything that an action acts on.

    A resource that the call creates has the id `new`, and `any` replaces the name where a call lists all.

    Raises:
        UnknownRequestError: nothing in the call names a resource that the action needs.
    """
    if known.only_all:
        return ["*"]
    if need.resource:
        return [need.resource.format(partition=place.partition, account=place.account)]
    service, _, action = need.action.partition(":")
    named = {kind: _named(service, kind, known.formats[kind], need.parameters, place) for kind in known.formats}
    found = {kind: arns for kind, arns in named.items() if arns}
    # Route 53's tags name the type of their resource as IAM does.
    kind = need.kind or str(need.parameters.get("ResourceType"))
    kinds: set[str]
    if kind in known.formats:
        kinds = {kind}
    elif _INSTEAD.get(need.action) in found:
        kinds = {_INSTEAD[need.action]}
    elif known.required:
        # EC2 asks for every resource that the call names.
        kinds = set(known.required) | (set(found) if service == "ec2" else set())
    else:
        kinds = set(found) if service == "ec2" else set(sorted(found, key=lambda kind: len(found[kind][0]))[-1:])
    arns = []
    for kind in sorted(kinds or list(known.formats)[:1]):
        arns += found.get(kind) or [_without_name(need, service, action, known.formats[kind], place)]
    return [_finished(service, action, arn) for arn in arns]


def arns_in(text: str, known: ActionType, service: str, place: CallScope) -> list[str]:
    """Return the ARNs of an action's resources that an answer names."""
    if service == "ec2":
        ids = re.findall(rf"\b(?:{'|'.join(_IDS)})-[0-9a-f]{{8,}}\b", text)
        return [
            _filled(known.formats[_IDS[one.partition("-")[0]]], {}, one, place)
            for one in ids
            if _IDS[one.partition("-")[0]] in known.formats
        ]
    found = re.findall(r"arn:aws[\w-]*:[^\"'<>\s,\\]+", text)
    return [arn for arn in found if any(_pattern(one).fullmatch(arn) for one in known.formats.values())]


def _named(service: str, kind: str, template: str, parameters: Mapping[str, Any], place: CallScope) -> list[str]:
    """Return the ARNs of a type that the parameters give or name."""
    if service == "ec2":
        ids = [text for text in _texts(parameters) if re.fullmatch(r"[a-z]+-[0-9a-f]+", text)]
        return [_filled(template, {}, one, place) for one in ids if _IDS.get(one.partition("-")[0]) == kind]
    tops = [text for value in parameters.values() for text in (value if isinstance(value, list) else [value])]
    if given := [text for text in tops if str(text).startswith("arn:") and _pattern(template).fullmatch(text)]:
        # A subscription has its topic's ARN with an id: rights are those on the topic.
        return [":".join(text.split(":")[:6]) for text in given] if service == "sns" else given
    values = {
        placeholder: _values(service, placeholder, parameters)
        for placeholder in _PLACEHOLDER.findall(template)
        if placeholder not in ("Partition", "Region", "Account", "UUID")
    }
    return [
        _filled(template, dict(zip(values, chosen, strict=True)), "new", place) for chosen in product(*values.values())
    ]


def _values(service: str, placeholder: str, parameters: Mapping[str, Any]) -> list[str]:
    if placeholder.startswith("IamIdentity"):
        principal = str(parameters.get("principalArn", "")).split(":")
        if len(principal) < 6:
            return []
        kind, _, name = principal[5].partition("/")
        return [{"IamIdentityType": kind, "IamIdentityAccountID": principal[4], "IamIdentityName": name}[placeholder]]
    for name in _PARAMETERS.get(service, {}).get(placeholder, ()):
        given = parameters.get(name)
        texts = [str(one) for one in (given if isinstance(given, list) else [given]) if one]
        if texts := [text for text in texts if not text.startswith("arn:")]:
            return [_plain(name, text) for text in texts]
    return []


def _plain(parameter: str, text: str) -> str:
    """Return the name in a parameter that holds more: a URL, a path, a prefix of its kind."""
    if parameter in ("QueueUrl", "HostedZoneId", "Id"):
        return text.rstrip("/").rpartition("/")[2]
    if parameter == "Key":
        # A wildcard in the name of an object is no wildcard of a policy.
        return text.replace("*", "_").replace("?", "_")
    if parameter == "SecretId":
        return f"{text}-AbCdEf"
    if parameter == "AliasName":
        return text.removeprefix("alias/")
    return text.removeprefix("https://")


def _without_name(need: NeededAction, service: str, action: str, template: str, place: CallScope) -> str:
    if action.startswith(_CREATES):
        return _filled(template, {}, "new", place)
    # Associations of EC2 have ids of their own, which tell nothing of what they join.
    if action.startswith(_READS) or service == "ec2":
        return _filled(template, {}, "any", place)
    raise UnknownRequestError(
        f"nothing in a call that needs {need.action} names its resource ({template}); its parameters are "
        f"{', '.join(need.parameters) or 'none'}: add the parameter to stacks/rehearse/rights/resources.py"
    )


def _finished(service: str, action: str, arn: str) -> str:
    if service == "logs" and "Tag" not in action and ":log-stream" not in arn:
        return f"{arn.removesuffix(':*')}:log-stream:"
    if service == "secretsmanager" and action in ("CreateSecret", "TagResource") and not _SECRET.search(arn):
        return f"{arn}-new"
    return arn


_SECRET = re.compile(r"-[A-Za-z0-9]{6}$")


def _filled(template: str, values: Mapping[str, str], default: str, place: CallScope) -> str:
    where = {"Partition": place.partition, "Region": place.region, "Account": place.account}
    return _PLACEHOLDER.sub(lambda one: {**where, **values}.get(one[1], default), template)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(template)
    names = parts[1::2]
    last = len(names) - 1
    loose = {"Partition": "aws[a-z-]*", "Region": "[a-z0-9-]*", "Account": "[0-9]*"}
    pattern = re.escape(parts[0])
    for position, (name, rest) in enumerate(zip(names, parts[2::2], strict=True)):
        pattern += loose.get(name, ".+" if position == last else "[^/:]+") + re.escape(rest)
    return re.compile(pattern)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in the parameters but those of filters, documents and tags."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if name not in ("Filter", "Filters", "filters", "Tag", "Tags", "tags", "TagSpecification"):
                yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
