"""The permissions boundary: what a role of the instance can do at most, whatever policies it is given.

It covers what the roles of the core stack do. It leaves out resources of others in the account, the administration of
the instance's own, and identities. A name or a tag bounds each statement, or the region where AWS has neither. Few
statements with many resources keep it under the 6,144 characters that IAM allows.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from typing import TYPE_CHECKING

from stacks.engine.policy import Statement
from stacks.naming import CLUSTER_TAG, SERVICES

if TYPE_CHECKING:
    from stacks.naming import Names

_USE_WEB_ACL = ("wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACL*")
"""An association asks for the right on the web ACL and on the load balancer, so that it stays the instance's."""

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def boundary_statements(names: "Names") -> list[Statement]:
    return [_own(names), *_sources(names), *_by_tags(names), *_reads(names), *_of_aws(names)]


def _own(names: "Names") -> Statement:
    """Return the rights on everything that has the instance's own name; an action acts on its own service only."""
    buckets = [names.bucket_arn, names.test_source_bucket_arn]
    log_groups = [names.log_group_arn(group) for group in (names.pods_log_group, names.insights_log_group)]
    return Statement(
        sid="Own",
        actions=[
            "dynamodb:*",
            *_PULL,
            "elasticloadbalancing:*",
            *(["events:PutEvents"] if names.config.events.event_bus else []),
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:FilterLogEvents",
            "logs:PutLogEvents",
            "logs:PutRetentionPolicy",
            "s3:*",
            "secretsmanager:GetSecretValue",
            "sqs:*",
            *_USE_WEB_ACL,
        ],
        resources=[
            *buckets,
            *(f"{bucket}/*" for bucket in buckets),
            *log_groups,
            *(f"{group}:*" for group in log_groups),
            names.queue_arn,
            names.dead_letter_queue_arn,
            names.table_arn,
            f"{names.table_arn}/index/*",
            _token(names),
            *([names.event_bus_arn] if names.config.events.event_bus else []),
            *(names.arn("ecr", f"repository/{names.repository(service)}") for service in SERVICES),
            *names.load_balancer_arns,
        ],
    )


def _sources(names: "Names") -> list[Statement]:
    """Return the rights on existing buckets with videos, which are somebody else's: to read."""
    sources = names.source_bucket_arns
    if not sources:
        return []
    resources = [*sources, *(f"{source}/*" for source in sources), *names.config.storage.source_kms_key_arns]
    return [Statement(sid="Sources", actions=["s3:GetObject", "s3:ListBucket", "kms:Decrypt"], resources=resources)]


def _by_tags(names: "Names") -> list[Statement]:
    """Return the rights on what the AWS Load Balancer Controller makes besides it: tags identify it, not names."""
    groups = names.arn("ec2", "security-group/*")
    target_groups = names.arn("elasticloadbalancing", "targetgroup/*/*")
    rules = ("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress")
    requested = {f"aws:RequestTag/{CLUSTER_TAG}": names.cluster}
    return [
        Statement(
            sid="Make",
            actions=["ec2:CreateSecurityGroup", "elasticloadbalancing:CreateTargetGroup"],
            resources=[groups, target_groups],
            conditions={"StringEquals": requested},
        ),
        Statement(
            sid="MakeInOwnNetwork",
            actions=["ec2:CreateSecurityGroup"],
            resources=[names.vpc_arn],
            conditions=names.vpc_conditions,
        ),
        # Only while it is made: a tag of ours on what somebody else has made would make it ours.
        Statement(
            sid="TagNewGroup",
            actions=["ec2:CreateTags"],
            resources=[groups],
            conditions={"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", **requested}},
        ),
        Statement(
            sid="TagNewTargetGroup",
            actions=["elasticloadbalancing:AddTags"],
            resources=[target_groups],
            conditions={"StringEquals": {"elasticloadbalancing:CreateAction": "CreateTargetGroup", **requested}},
        ),
        Statement(
            sid="Change",
            actions=["ec2:CreateTags", "ec2:DeleteTags", *rules, "ec2:DeleteSecurityGroup", "elasticloadbalancing:*"],
            resources=[groups, target_groups],
            conditions={"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": names.cluster}},
        ),
        Statement(
            sid="OpenClusterGroup",
            actions=rules,
            resources=[groups],
            conditions={"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{names.cluster}": "owned"}},
        ),
    ]


def _reads(names: "Names") -> list[Statement]:
    """Return the rights to list and describe; most of these actions know no resources."""
    return [
        Statement(
            sid="ReadInRegion",
            actions=[
                "acm:DescribeCertificate",
                "acm:ListCertificates",
                "ec2:Describe*",
                "ec2:GetCoipPoolUsage",
                "ec2:GetSecurityGroupsForVpc",
                "elasticloadbalancing:Describe*",
            ],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": names.config.region}},
        ),
        Statement(
            sid="ReadAnywhere", actions=["ecr:GetAuthorizationToken", "iam:ListServerCertificates"], resources=["*"]
        ),
    ]


def _of_aws(names: "Names") -> list[Statement]:
    """Return the rights on what AWS or the account's administrators have made and the instance uses."""
    linked = "role/aws-service-role/elasticloadbalancing.amazonaws.com/*"
    return [
        # Images of EKS' add-ons are in accounts of AWS, one or more in each region.
        Statement(
            sid="PullFromOtherAccounts",
            actions=_PULL,
            resources=["*"],
            conditions={"StringNotEquals": {"aws:ResourceAccount": names.config.account_id}},
        ),
        # Only for the token: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        Statement(
            sid="TokensKey",
            actions=["kms:Decrypt"],
            resources=["*"],
            conditions={"StringLike": {"kms:EncryptionContext:SecretARN": _token(names)}},
        ),
        Statement(
            sid="WebAcls",
            actions=_USE_WEB_ACL,
            resources=[names.arn("wafv2", "regional/webacl/*/*")],
        ),
        Statement(
            sid="ServiceLinkedRole",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[names.arn("iam", linked, region="")],
            conditions={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
    ]


def _token(names: "Names") -> str:
    """Return the ARN of the secret with the api's token; Secrets Manager adds six characters to the name."""
    return names.arn("secretsmanager", f"secret:{names.api_token_secret}-??????")
