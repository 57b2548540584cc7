"""The rights of the pods: one role for each service account, with what its program calls and no more."""

from typing import TYPE_CHECKING

from services.contract.frames import FRAME_PREFIX
from services.contract.keys import THUMBNAIL_PREFIX, UPLOAD_PREFIX
from services.contract.resources import SIGNING_KEY
from services.contract.settings.values import settings_key
from stacks.core.load_balancer_rights import load_balancer_rights
from stacks.core.roles import AccountRoles, grant_managed, grant_rights
from stacks.engine.policy import Statement
from stacks.naming import COLLECTOR_ACCOUNT, KEDA_OPERATOR_ACCOUNT, LOAD_BALANCER_CONTROLLER_ACCOUNT

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.iam_role import IamRole

    from stacks.engine.stack import PipelineStack
    from stacks.naming import Names


def make_worker_role(stack: "PipelineStack", accounts: AccountRoles) -> "IamRole":
    names = stack.names
    taker = accounts.role("worker", names.worker_account)
    uploads, thumbnails = f"{names.bucket_arn}/{UPLOAD_PREFIX}*", f"{names.bucket_arn}/{THUMBNAIL_PREFIX}*"
    grant_rights(
        stack,
        "worker",
        taker,
        Statement(
            sid="Receive",
            actions=[
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
            ],
            resources=[names.queue_arn],
        ),
        Statement(sid="GiveUp", actions=["sqs:SendMessage"], resources=[names.dead_letter_queue_arn]),
        # Of thumbnails for HEAD, and for a PUT with If-Match, which asks for both rights:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
        Statement(sid="ReadObjects", actions=["s3:GetObject"], resources=[uploads, thumbnails]),
        *_read_sources(names),
        *_decrypt_sources(names),
        Statement(sid="WriteThumbnails", actions=["s3:PutObject"], resources=[thumbnails]),
        *_follow_deletions(names),
        _tell_missing_from_denied(names),
        # A transaction is allowed by the actions in it:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
        Statement(
            sid="KeepRecords",
            actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"],
            resources=[names.table_arn],
        ),
    )
    return taker


def make_api_role(stack: "PipelineStack", accounts: AccountRoles, *, token_secret_arn: str) -> "IamRole":
    names = stack.names
    taker = accounts.role("api", names.api_account)
    uploads, thumbnails = f"{names.bucket_arn}/{UPLOAD_PREFIX}*", f"{names.bucket_arn}/{THUMBNAIL_PREFIX}*"
    frames = f"{names.bucket_arn}/{FRAME_PREFIX}*"
    pods_logs = names.log_group_arn(names.pods_log_group)
    grant_rights(
        stack,
        "api",
        taker,
        Statement(
            sid="WatchQueues",
            actions=["sqs:GetQueueAttributes"],
            resources=[names.queue_arn, names.dead_letter_queue_arn],
        ),
        Statement(
            sid="ReadDeadLetters",
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
            resources=[names.dead_letter_queue_arn],
        ),
        # A dismissed failure gets its dead letter back.
        Statement(sid="Redrive", actions=["sqs:SendMessage"], resources=[names.queue_arn, names.dead_letter_queue_arn]),
        # For a DELETE with If-Match, too:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
        Statement(sid="ReadObjects", actions=["s3:GetObject"], resources=[uploads, thumbnails]),
        *_read_sources(names),
        Statement(
            sid="Upload",
            actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            resources=[uploads],
        ),
        Statement(
            sid="Purge",
            actions=["s3:DeleteObject", "s3:DeleteObjectVersion"],
            resources=[uploads, thumbnails, frames],
        ),
        _tell_missing_from_denied(names),
        Statement(sid="ListVersions", actions=["s3:ListBucketVersions"], resources=[names.bucket_arn]),
        Statement(sid="ListTestVideos", actions=["s3:ListBucket"], resources=[names.test_source_bucket_arn]),
        Statement(sid="ReadTestVideos", actions=["s3:GetObject"], resources=[f"{names.test_source_bucket_arn}/*"]),
        Statement(
            sid="KeepRecords",
            actions=[
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:Scan",
            ],
            resources=[names.table_arn],
        ),
        Statement(
            sid="PageRecords",
            actions=["dynamodb:Query"],
            resources=[names.table_arn, f"{names.table_arn}/index/{names.resources.table.index}"],
        ),
        Statement(
            sid="ReadLogs",
            actions=["logs:FilterLogEvents"],
            resources=[pods_logs, f"{pods_logs}:*"],
        ),
        Statement(sid="ReadToken", actions=["secretsmanager:GetSecretValue"], resources=[token_secret_arn]),
        *_put_events(names),
    )
    return taker


def make_frames_role(stack: "PipelineStack", accounts: AccountRoles) -> "IamRole":
    names = stack.names
    taker = accounts.role("frames", names.frames_account)
    uploads, frames = f"{names.bucket_arn}/{UPLOAD_PREFIX}*", f"{names.bucket_arn}/{FRAME_PREFIX}*"
    grant_rights(
        stack,
        "frames",
        taker,
        Statement(sid="ReadObjects", actions=["s3:GetObject"], resources=[uploads, frames]),
        *_read_sources(names),
        *_decrypt_sources(names),
        Statement(sid="CacheFrames", actions=["s3:PutObject"], resources=[frames]),
        _tell_missing_from_denied(names),
        # This item alone: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
        Statement(
            sid="ReadSigningSecret",
            actions=["dynamodb:GetItem"],
            resources=[names.table_arn],
            conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SIGNING_KEY]}},
        ),
        Statement(
            sid="PublishSettings",
            actions=["dynamodb:GetItem", "dynamodb:PutItem"],
            resources=[names.table_arn],
            conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [settings_key("frames")]}},
        ),
    )
    return taker


def make_keda_operator_role(stack: "PipelineStack", accounts: AccountRoles) -> "IamRole":
    taker = accounts.role("keda-operator", KEDA_OPERATOR_ACCOUNT)
    watch = Statement(sid="WatchQueue", actions=["sqs:GetQueueAttributes"], resources=[stack.names.queue_arn])
    grant_rights(stack, "keda-operator", taker, watch)
    return taker


def make_load_balancer_controller_role(stack: "PipelineStack", accounts: AccountRoles) -> "IamRole":
    part = "load-balancer-controller"
    taker = accounts.role(part, LOAD_BALANCER_CONTROLLER_ACCOUNT)
    grant_rights(stack, part, taker, *load_balancer_rights(stack.names))
    return taker


def make_collector_role(stack: "PipelineStack", accounts: AccountRoles) -> "IamRole":
    taker = accounts.role("collector", COLLECTOR_ACCOUNT)
    grant_managed(stack, "collector", taker, "CloudWatchAgentServerPolicy")
    return taker


def _put_events(names: "Names") -> list[Statement]:
    """Allow to put events on the instance's own bus, if the config has one."""
    if not names.config.events.event_bus:
        return []
    return [Statement(sid="PutEvents", actions=["events:PutEvents"], resources=[names.event_bus_arn])]


def _read_sources(names: "Names") -> list[Statement]:
    """Allow to read source buckets, and to list them: see `_tell_missing_from_denied`."""
    sources = names.source_bucket_arns
    if not sources:
        return []
    return [
        Statement(
            sid="ReadSources",
            actions=["s3:GetObject", "s3:ListBucket"],
            resources=[*sources, *(f"{source}/*" for source in sources)],
        )
    ]


def _decrypt_sources(names: "Names") -> list[Statement]:
    keys = names.config.storage.source_kms_key_arns
    if not keys:
        return []
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{names.config.region}.{names.dns_suffix}"}}
    return [Statement(sid="DecryptSources", actions=["kms:Decrypt"], resources=keys, conditions=through_s3)]


def _follow_deletions(names: "Names") -> list[Statement]:
    """Allow to remove thumbnails, frames and record of a deleted upload, unless the config turns it off."""
    if not names.config.processing.delete_follows_source:
        return []
    prefixes = (THUMBNAIL_PREFIX, FRAME_PREFIX)
    return [
        # In all versions: otherwise an older one would be the current one again.
        Statement(
            sid="DeletePictures",
            actions=["s3:DeleteObject", "s3:DeleteObjectVersion"],
            resources=[f"{names.bucket_arn}/{prefix}*" for prefix in prefixes],
        ),
        Statement(
            sid="ListPictureVersions",
            actions=["s3:ListBucketVersions"],
            resources=[names.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        ),
        # A deletion that was interrupted is found by its claims, several of which are read at once.
        Statement(
            sid="RemoveRecords", actions=["dynamodb:DeleteItem", "dynamodb:BatchGetItem"], resources=[names.table_arn]
        ),
    ]


def _tell_missing_from_denied(names: "Names") -> Statement:
    """Allow to list the bucket: otherwise S3 answers 403 for a deleted object, and the worker would retry for ever.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    return Statement(sid="TellMissingFromDenied", actions=["s3:ListBucket"], resources=[names.bucket_arn])
