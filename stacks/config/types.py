"""Kinds of values in the config: text in a known form, and rules over several fields.

Each says its rule in words: in the error, in `pipeline.schema.json` and in `docs/configuration.md`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Section(BaseModel):
    """A part of the config: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Form:
    """The form of a text: a regular expression for the machine, a rule for people."""

    pattern: str
    rule: str
    reserved: str | None = None
    """Pattern of texts that have the form and are refused all the same."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^{self.pattern}$", "rule": self.rule}

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value) or (self.reserved and re.fullmatch(self.reserved, value)):
            raise ValueError(self.rule)
        return value


def broken_rule(rule: str, fields: Sequence[str]) -> PydanticCustomError:
    """Return the error of a rule over several fields of a section; messages name the first field."""
    return PydanticCustomError("broken_rule", "{rule}", {"rule": rule, "fields": list(fields)})


_ARN = r"arn:aws(-[a-z-]+)?"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

InstanceName = Annotated[
    str,
    Form(
        r"(?=.{3,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "3 to 20 small letters, digits and single hyphens, a letter first, so that the names of all resources fit; "
        "not default, keda or aws, or beginning with kube- or aws-, which are others' namespaces, "
        "nor with sthree- or amzn-, which S3 refuses, internal-, which load balancers refuse, or eks-, which Fargate "
        "profiles refuse",
        reserved=r"default|keda|aws|(kube|aws|sthree|amzn|internal|eks)-.*",
    ),
]
Region = Annotated[str, Form(r"(?=.{1,16}$)[a-z]{2}(-[a-z]+)+-\d", "an AWS region's code")]
AccountId = Annotated[str, Form(r"\d{12}", "twelve digits, in quotes")]
Repository = Annotated[
    str,
    Form(
        r"[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?",
        "OWNER/REPO, or OWNER@OWNERID/REPO@REPOID where GitHub's tokens say so",
    ),
]
Branch = Annotated[str, Form(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", "a branch's name, without wildcards")]
EnvironmentName = Annotated[
    str, Form(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "letters, digits, dots, hyphens and underscores")
]
Email = Annotated[str, Form(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
Domain = Annotated[
    str,
    Form(rf"(?=.{{4,200}}$)({_LABEL}\.)+[a-z]{{2,63}}", "a domain in small letters, without scheme and final dot"),
]
DnsLabel = Annotated[str, Form(_LABEL, "one DNS label: small letters, digits, hyphens")]
BucketName = Annotated[
    str,
    Form(
        r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "3 to 63 small letters, digits and hyphens, and none of the endings and beginnings that S3 keeps for itself",
        reserved=r"(xn--|sthree-|amzn-s3-demo-).*|.*(-s3alias|--ol-s3|--x-s3|--table-s3)",
    ),
]
ImageTag = Annotated[
    str,
    Form(
        r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}",
        "a tag that stays what it is: not latest; letters, digits, dots, hyphens, underscores",
        reserved="latest",
    ),
]
HttpsUrl = Annotated[str, Form(r"https://[^\s/]+(/\S*)?", "an address with https://")]
Origin = Annotated[
    str, Form(r"https?://[a-z0-9.-]+(:\d{1,5})?", "scheme, host and perhaps a port; no path, no wildcard")
]
PrincipalArn = Annotated[str, Form(rf"{_ARN}:iam::\d{{12}}:(role|user)/\S+", "the ARN of an IAM role or user")]
PolicyArn = Annotated[str, Form(rf"{_ARN}:iam::(\d{{12}}|aws):policy/\S+", "the ARN of an IAM policy")]
KmsKeyArn = Annotated[str, Form(rf"{_ARN}:kms:[a-z0-9-]+:\d{{12}}:key/\S+", "the ARN of a key in KMS, not of an alias")]
SecretArn = Annotated[
    str,
    Form(rf"{_ARN}:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:\S+", "the ARN of a secret in Secrets Manager"),
]
WebAclArn = Annotated[
    str, Form(rf"{_ARN}:wafv2:[a-z0-9-]+:\d{{12}}:regional/webacl/\S+", "the ARN of a regional WAFv2 web ACL")
]
RuleName = Annotated[str, Form(r"[a-z][a-z0-9-]{0,39}", "at most 40 small letters, digits and hyphens")]
TargetArn = Annotated[
    str,
    Form(
        rf"{_ARN}:(sqs|sns|lambda):[a-z0-9-]+:\d{{12}}:\S+(?<!\.fifo)",
        "the ARN of an SQS queue, an SNS topic or a Lambda function, and of no FIFO queue or topic",
    ),
]
HostedZoneId = Annotated[str, Form(r"[A-Z0-9]{6,32}", "the id of a hosted zone in Route 53")]
VpcId = Annotated[str, Form(r"vpc-[0-9a-f]{8,17}", "the id of a VPC")]
SubnetId = Annotated[str, Form(r"subnet-[0-9a-f]{8,17}", "the id of a subnet")]
TagKey = Annotated[
    str,
    Form(
        r"[A-Za-z0-9 +\-=._:/@]{1,128}",
        "1 to 128 letters, digits, spaces and + - = . _ : / @; not beginning with aws:, "
        "nor pipeline, stack and managed-by, which are set anyway",
        reserved=r"(?i:aws:.*|pipeline|stack|managed-by)",
    ),
]
TagValue = Annotated[
    str, Form(r"[A-Za-z0-9 +\-=._:/@]{0,256}", "at most 256 letters, digits, spaces and + - = . _ : / @")
]


def has_room_for(network: IPv4Network, prefix: int, count: int) -> bool:
    """Return whether a network has room for `count` subnets of that prefix length."""
    return prefix >= network.prefixlen and 2 ** (prefix - network.prefixlen) >= count
