"""Rights of the plan role: read what Terraform compares with the stacks, and change nothing.

A pull request's plan runs that pull request's code with this role, so it reads no video, no thumbnail and no record.
It reads Terraform's state, the settings of all resources, and the two secrets below.
"""

from typing import TYPE_CHECKING

from stacks.engine.policy import Statement
from stacks.naming import SERVICES

if TYPE_CHECKING:
    from stacks.naming import Names

_BUCKET_SETTINGS = ("s3:GetBucket*", "s3:Get*Configuration", "s3:ListBucket", "s3:ListTagsForResource")
"""Reads of a bucket's settings; objects are read by `s3:GetObject`."""


def plan_rights(names: "Names") -> list[Statement]:
    """Return the statements of the plan role's policy, in one policy of at most 6,144 characters."""
    return [*_state(names), *_data(names), *_secrets(names), *_by_name(names), _lists(names)]


def _state(names: "Names") -> list[Statement]:
    """Return the right to read the state. The lock is a write, so these plans run with `-lock=false`."""
    bucket = names.bucket_arn_of(names.state_bucket)
    return [Statement(sid="ReadState", actions=["s3:GetObject"], resources=[f"{bucket}/{names.config.name}/*"])]


def _data(names: "Names") -> list[Statement]:
    buckets = [names.bucket_arn_of(names.state_bucket), names.bucket_arn, names.test_source_bucket_arn]
    buckets += names.source_bucket_arns
    return [
        Statement(sid="BucketSettings", actions=_BUCKET_SETTINGS, resources=list(dict.fromkeys(buckets))),
        Statement(
            sid="QueuesAndTable",
            actions=[
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ListQueueTags",
                "dynamodb:Describe*",
                "dynamodb:ListTagsOfResource",
            ],
            resources=[names.queue_arn, names.dead_letter_queue_arn, names.table_arn],
        ),
        *_event_bus(names),
    ]


def _event_bus(names: "Names") -> list[Statement]:
    if not names.config.events.event_bus:
        return []
    return [
        Statement(
            sid="EventBus",
            actions=["events:Describe*", "events:List*"],
            resources=[names.event_bus_arn, names.event_rules_arn],
        )
    ]


def _secrets(names: "Names") -> list[Statement]:
    """Return the rights on the api's token and on the identity provider's client.

    The AWS provider reads the value of a write-only secret up to version 6.25, and its versions only after that:
    https://github.com/hashicorp/terraform-provider-aws/pull/44876
    """
    token = names.arn("secretsmanager", f"secret:{names.api_token_secret}-??????")
    reads = ["DescribeSecret", "GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds"]
    statements = [
        Statement(sid="Token", actions=[f"secretsmanager:{read}" for read in reads], resources=[token]),
        # An ephemeral resource: Terraform opens it for a plan as well.
        Statement(sid="DrawToken", actions=["secretsmanager:GetRandomPassword"], resources=["*"]),
    ]
    oidc = names.config.auth.oidc
    if oidc is not None:
        statements += [
            Statement(
                sid="ReadOidcClient", actions=["secretsmanager:GetSecretValue"], resources=[oidc.client_secret_arn]
            ),
            Statement(
                sid="OidcClientsKey",
                actions=["kms:Decrypt"],
                resources=["*"],
                conditions={"StringEquals": {"kms:EncryptionContext:SecretARN": oidc.client_secret_arn}},
            ),
        ]
    return statements


def _by_name(names: "Names") -> list[Statement]:
    issuers = f"oidc-provider/oidc.eks.{names.config.region}.{names.dns_suffix}/id/*"
    kinds = ("fargateprofile", "addon", "access-entry")
    groups = (names.cluster_log_group, names.pods_log_group, names.insights_log_group)
    log_groups = [names.log_group_arn(group) for group in groups]
    return [
        Statement(
            sid="Identities",
            actions=["iam:Get*", "iam:List*"],
            resources=[
                names.role_arn("*"),
                names.arn("iam", f"policy/{names.of('*')}", region=""),
                names.github_provider_arn,
                names.arn("iam", issuers, region=""),
            ],
        ),
        Statement(
            sid="Repositories",
            actions=[
                "ecr:DescribeImages",
                "ecr:DescribeRepositories",
                "ecr:GetLifecyclePolicy",
                "ecr:ListTagsForResource",
            ],
            resources=[names.arn("ecr", f"repository/{names.repository(service)}") for service in SERVICES],
        ),
        Statement(
            sid="Cluster",
            actions=["eks:Describe*", "eks:List*"],
            resources=[names.cluster_arn, *(names.arn("eks", f"{kind}/{names.cluster}/*") for kind in kinds)],
        ),
        Statement(
            sid="Observation",
            actions=[
                "cloudwatch:DescribeAlarms",
                "cloudwatch:GetDashboard",
                "cloudwatch:ListTagsForResource",
                "logs:DescribeMetricFilters",
                "logs:ListTagsForResource",
                "sns:GetTopicAttributes",
                "sns:ListTagsForResource",
            ],
            resources=[
                names.arn("cloudwatch", f"alarm:{names.of('*')}"),
                names.arn("cloudwatch", f"dashboard/{names.config.name}", region=""),
                *log_groups,
                *(f"{group}:*" for group in log_groups),
                names.arn("sns", names.of("alarms")),
            ],
        ),
        Statement(
            sid="Keys",
            actions=["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"],
            resources=[names.arn("kms", "key/*")],
            conditions={"StringEquals": {"aws:ResourceTag/pipeline": names.config.name}},
        ),
        Statement(
            sid="Names",
            actions=[
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
                "route53:GetChange",
                "route53:GetHostedZone",
                "route53:ListResourceRecordSets",
                "route53:ListTagsForResource",
            ],
            resources=[
                names.arn("acm", "certificate/*"),
                names.arn("route53", "hostedzone/*", region="", account=""),
                names.arn("route53", "change/*", region="", account=""),
            ],
        ),
    ]


def _lists(names: "Names") -> Statement:
    """Return the reads for which AWS has no resources, bounded by the region."""
    return Statement(
        sid="Lists",
        actions=[
            "ec2:Describe*",
            "elasticloadbalancing:Describe*",
            "eks:DescribeAddonVersions",
            "acm:ListCertificates",
            "kms:ListAliases",
            "logs:DescribeLogGroups",
            "sns:GetSubscriptionAttributes",
        ],
        resources=["*"],
        conditions={"StringEquals": {"aws:RequestedRegion": names.config.region}},
    )
