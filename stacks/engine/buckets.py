"""Settings of every bucket: closed to the public, encrypted, versioned, and reached over TLS only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)

from stacks.engine.policy import deny_plain_http, policy_document

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket

    from stacks.engine.stack import PipelineStack


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """A rule that deletes objects under a prefix after some days; without days there is no such rule."""

    id: str
    prefix: str
    days: int | None


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    noncurrent_days: int
    expiries: tuple[Expiry, ...] = ()


def secure_bucket(
    stack: "PipelineStack", part: str, bucket_name: str, *, lifecycle: Lifecycle, after: "S3Bucket | None" = None
) -> None:
    """Make the settings of a bucket that the stack makes (`after`), or of one that exists."""
    bucket = after.id if after is not None else bucket_name
    S3BucketPublicAccessBlock(
        stack,
        f"{part}-bucket-closed",
        bucket=bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    S3BucketOwnershipControls(
        stack,
        f"{part}-bucket-ownership",
        bucket=bucket,
        rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
    )
    S3BucketServerSideEncryptionConfigurationA(
        stack,
        f"{part}-bucket-encryption",
        bucket=bucket,
        rule=[
            S3BucketServerSideEncryptionConfigurationRuleA(
                apply_server_side_encryption_by_default=(
                    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                        sse_algorithm="AES256"
                    )
                )
            )
        ],
    )
    versioning = S3BucketVersioningA(
        stack,
        f"{part}-bucket-versioning",
        bucket=bucket,
        versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
    )
    arn = stack.names.bucket_arn_of(bucket_name)
    S3BucketPolicy(
        stack,
        f"{part}-bucket-policy",
        bucket=bucket,
        policy=policy_document(deny_plain_http([arn, f"{arn}/*"], "s3:*")),
    )
    # Rules on old versions need versioning to stand.
    S3BucketLifecycleConfiguration(
        stack, f"{part}-bucket-lifecycle", bucket=bucket, rule=_rules(lifecycle), depends_on=[versioning]
    )


def _rules(lifecycle: Lifecycle) -> list[S3BucketLifecycleConfigurationRule]:
    return [
        S3BucketLifecycleConfigurationRule(
            id="leftovers",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            abort_incomplete_multipart_upload=[
                S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=1)
            ],
            noncurrent_version_expiration=[
                S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=lifecycle.noncurrent_days)
            ],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
        ),
        *(
            S3BucketLifecycleConfigurationRule(
                id=expiry.id,
                status="Enabled",
                filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=expiry.prefix)],
                expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=expiry.days)],
            )
            for expiry in lifecycle.expiries
            if expiry.days is not None
        ),
    ]
