"""Actions that a call needs: usually the one of its name, else those of the tables here.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stacks.config.partitions import dns_suffix_of
from stacks.rehearse.rights.tags import read_tags
from stacks.rehearse.rights.wire import Call

_FREE = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken", "sts:AssumeRoleWithWebIdentity"})
"""Calls that need no right."""

_ONLY_EMULATED = {
    ("kms:DescribeKey", "alias/aws/dynamodb"): "ministack describes a key of tables that AWS encrypts with its own; "
    "the provider asks for it then, and ignores a refusal",
}
"""Calls, with their KeyId, that clients make only to the embedded AWS, each with its reason."""

_S3 = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}

_NAMES: Mapping[str, Mapping[str, str]] = {
    "s3": _S3,
    "sqs": {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
}
"""Actions by service and operation, where they have different names."""

_OF_A_VERSION = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
}

_TAGGING = {
    "acm": "AddTagsToCertificate",
    "ec2": "CreateTags",
    "elasticloadbalancing": "AddTags",
    "sqs": "TagQueue",
}
"""Actions that a call with tags needs besides its own; the others' is TagResource."""

_TAGGING_OF_IAM = {
    "CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
    "CreatePolicy": "TagPolicy",
    "CreateRole": "TagRole",
}

_TAGGED_KINDS = {
    "eks:CreateAccessEntry": "access-entry",
    "eks:CreateAddon": "addon",
    "eks:CreateCluster": "cluster",
    "eks:CreateFargateProfile": "fargateprofile",
}
"""Types of what is created, where the action that tags knows several with these parameters."""

_NO_TAGGING = frozenset({"route53", "s3"})
"""Services whose calls that create take no tags, or are not asked for another action."""

_LINKED_ROLES = {
    "eks:CreateCluster": ("eks.amazonaws.com", "AWSServiceRoleForAmazonEKS"),
    "eks:CreateFargateProfile": ("eks-fargate.amazonaws.com", "AWSServiceRoleForAmazonEKSForFargate"),
}
"""Service and role that a call creates in an account that does not have it.

https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles.html
"""

_PASSED_ROLES = {
    "eks:CreateAddon": ("serviceAccountRoleArn", "eks.amazonaws.com"),
    "eks:CreateCluster": ("roleArn", "eks.amazonaws.com"),
    "eks:CreateFargateProfile": ("podExecutionRoleArn", "eks-fargate-pods.amazonaws.com"),
    "eks:UpdateAddon": ("serviceAccountRoleArn", "eks.amazonaws.com"),
}
"""Parameter with a role that the call gives to a service, and that service."""

_TRANSACTION = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


@dataclass(frozen=True)
class NeededAction:
    """An action that a call needs."""

    action: str
    parameters: Mapping[str, Any]
    """Those that name the action's resource."""
    context: Mapping[str, str] = field(default_factory=dict)
    resource: str | None = None
    """The resource's ARN, if the parameters do not name it; `{partition}` and `{account}` are filled in."""
    kind: str | None = None
    """The resource's type in IAM, if the action knows several."""


def needs(call: Call) -> Iterator[NeededAction]:
    """Yield every action that a call needs."""
    if str(call) in _FREE or (str(call), call.parameters.get("KeyId")) in _ONLY_EMULATED:
        return
    special = _SPECIAL.get(str(call))
    if special:
        yield from special(call)
    else:
        action = f"{call.service}:{_NAMES.get(call.service, {}).get(call.operation, call.operation)}"
        if call.parameters.get("versionId"):
            action = _OF_A_VERSION.get(action, action)
        yield NeededAction(action, call.parameters)
    yield from _conditional_writes(call)
    yield from _tagging(call)
    yield from _roles(call)
    yield from _keys(call)


def _conditional_writes(call: Call) -> Iterator[NeededAction]:
    """Yield the right to read: S3 asks for it before it compares an ETag.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    """
    writes = ("PutObject", "CompleteMultipartUpload", "DeleteObject")
    if call.service == "s3" and call.operation in writes and "if-match" in call.headers:
        yield NeededAction("s3:GetObject", call.parameters)


def _tagging(call: Call) -> Iterator[NeededAction]:
    creates = call.operation.startswith(("Create", "Allocate", "Put", "Request"))
    if not creates or call.service in _NO_TAGGING or call.operation == "CreateTags" or not read_tags(call.parameters):
        return
    of_iam = _TAGGING_OF_IAM.get(call.operation) if call.service == "iam" else None
    action = of_iam or _TAGGING.get(call.service, "TagResource")
    # Only EC2 and ELB have the key.
    created = {f"{call.service}:CreateAction": call.operation}
    if call.service == "ec2":
        for specification in call.parameters["TagSpecification"]:
            kind = specification["ResourceType"]
            yield NeededAction(f"ec2:{action}", {}, created, kind=kind)
    else:
        conditions = created if call.service == "elasticloadbalancing" else {}
        yield NeededAction(f"{call.service}:{action}", call.parameters, conditions, kind=_TAGGED_KINDS.get(str(call)))


def _roles(call: Call) -> Iterator[NeededAction]:
    if str(call) in _PASSED_ROLES:
        parameter, taker = _PASSED_ROLES[str(call)]
        if role := call.parameters.get(parameter):
            yield NeededAction("iam:PassRole", {}, {"iam:PassedToService": taker}, resource=role)
            yield NeededAction("iam:GetRole", {}, resource=role)
    if str(call) in _LINKED_ROLES:
        service, role = _LINKED_ROLES[str(call)]
        arn = f"arn:{{partition}}:iam::{{account}}:role/aws-service-role/{service}/{role}"
        yield NeededAction("iam:CreateServiceLinkedRole", {}, {"iam:AWSServiceName": service}, resource=arn)


def _keys(call: Call) -> Iterator[NeededAction]:
    """Yield the rights on a key of the account with which something is to be encrypted."""
    key, actions = None, ("kms:Decrypt", "kms:GenerateDataKey")
    if call.service == "s3":
        key = call.headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    elif str(call) in ("secretsmanager:CreateSecret", "secretsmanager:UpdateSecret"):
        key = call.parameters.get("KmsKeyId")
    elif str(call) == "dynamodb:CreateTable":
        key, actions = (
            call.parameters.get("SSESpecification", {}).get("KMSMasterKeyId"),
            ("kms:DescribeKey", "kms:CreateGrant"),
        )
    elif str(call) == "eks:CreateCluster":
        encryption = call.parameters.get("encryptionConfig") or [{}]
        key, actions = encryption[0].get("provider", {}).get("keyArn"), ("kms:DescribeKey", "kms:CreateGrant")
    if key:
        yield from (NeededAction(action, {"KeyId": key}, {"kms:ViaService": _through(call)}) for action in actions)


def needs_to_decrypt(call: Call, encrypted: Mapping[str, str]) -> Iterator[NeededAction]:
    """Yield the right on the key of an object that is read; `encrypted` has the ARN of the key by bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    key = encrypted.get(str(call.parameters.get("Bucket")))
    if call.service == "s3" and call.operation in ("GetObject", "HeadObject") and key:
        yield NeededAction("kms:Decrypt", {"KeyId": key}, {"kms:ViaService": _through(call)})


def _through(call: Call) -> str:
    return f"{call.service}.{call.region}.{dns_suffix_of(call.region)}"


def _transaction(call: Call) -> Iterator[NeededAction]:
    for item in call.parameters["TransactItems"]:
        for kind, content in item.items():
            yield NeededAction(f"dynamodb:{_TRANSACTION[kind]}", content)


def _batch(call: Call) -> Iterator[NeededAction]:
    for table in call.parameters["RequestItems"]:
        yield NeededAction(f"dynamodb:{call.operation}", {"TableName": table})


def _put_events(call: Call) -> Iterator[NeededAction]:
    """Yield the right on each bus: an entry names its bus, by name or ARN."""
    buses = {str(entry.get("EventBusName", "default")) for entry in call.parameters["Entries"]}
    for name in sorted(bus.rpartition("/")[2] for bus in buses):
        yield NeededAction("events:PutEvents", {"Name": name})


def _delete_objects(call: Call) -> Iterator[NeededAction]:
    objects = call.parameters["Object"]
    for one in objects if isinstance(objects, list) else [objects]:
        action = "s3:DeleteObjectVersion" if one.get("VersionId") else "s3:DeleteObject"
        yield NeededAction(action, {"Bucket": call.parameters["Bucket"], "Key": one["Key"]})


def _copy(call: Call) -> Iterator[NeededAction]:
    bucket, _, key = call.headers["x-amz-copy-source"].lstrip("/").partition("/")
    yield NeededAction("s3:GetObject", {"Bucket": bucket, "Key": key.partition("?versionId=")[0]})
    yield NeededAction("s3:PutObject", call.parameters)


_SPECIAL: Mapping[str, Callable[[Call], Iterator[NeededAction]]] = {
    "dynamodb:BatchGetItem": _batch,
    "dynamodb:BatchWriteItem": _batch,
    "dynamodb:TransactGetItems": _transaction,
    "dynamodb:TransactWriteItems": _transaction,
    "events:PutEvents": _put_events,
    "s3:CopyObject": _copy,
    "s3:DeleteObjects": _delete_objects,
    "s3:UploadPartCopy": _copy,
}
"""Calls whose actions depend on what is in them."""
