"""Rights of the deploy role: everything the stacks need, on this instance's resources where AWS lets us name them.

It can make roles only inside the boundary, and cannot touch the roles of GitHub or any policy: a workflow cannot
give itself more. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stacks.engine.policy import Statement
from stacks.naming import SERVICES

if TYPE_CHECKING:
    from stacks.naming import Names

TOLD_BY_TAG = ("acm", "cloudwatch", "ec2", "iam", "sns")
"""Services whose resources' tags IAM looks at, and that the deploy role is let into by more than exact names."""


def deploy_rights(names: "Names") -> dict[str, list[Statement]]:
    """Return statements by policy: one policy would be longer than the 6,144 characters that IAM allows."""
    return {
        "data": [*_state(names), *_data(names), *_observation(names)],
        "network": [*_network(names), *_names(names), _nothing_of_others(names)],
        "cluster": [*_cluster(names), *_identities(names)],
    }


def _state(names: "Names") -> list[Statement]:
    bucket = names.bucket_arn_of(names.state_bucket)
    return [
        Statement(sid="FindState", actions=["s3:ListBucket"], resources=[bucket]),
        Statement(
            sid="KeepState",
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            # The lock files next to it are named <key>.tflock.
            resources=[f"{bucket}/{names.config.name}/*"],
        ),
    ]


def _data(names: "Names") -> list[Statement]:
    buckets = [names.bucket_arn]
    if names.config.storage.test_source_bucket_name is None:
        buckets.append(names.test_source_bucket_arn)
    return [
        Statement(sid="Buckets", actions=["s3:*"], resources=[*buckets, *(f"{bucket}/*" for bucket in buckets)]),
        *_sources(names),
        *_event_bus(names),
        Statement(sid="Queues", actions=["sqs:*"], resources=[names.queue_arn, names.dead_letter_queue_arn]),
        Statement(sid="Table", actions=["dynamodb:*"], resources=[names.table_arn, f"{names.table_arn}/*"]),
        # Secrets Manager adds six characters to the name.
        Statement(
            sid="Token",
            actions=["secretsmanager:*"],
            resources=[names.arn("secretsmanager", f"secret:{names.api_token_secret}-??????")],
        ),
        # A new secret has no such characters yet: https://github.com/iann0036/iam-dataset/pull/22
        Statement(
            sid="MakeToken",
            actions=["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
            resources=[names.arn("secretsmanager", f"secret:{names.api_token_secret}-*")],
        ),
        Statement(sid="DrawToken", actions=["secretsmanager:GetRandomPassword"], resources=["*"]),
        *_identity_provider(names),
        Statement(
            sid="FindImages",
            actions=_of("ecr", ["DescribeImages", "DescribeRepositories"])
            + _of("ecr", ["GetLifecyclePolicy", "PutLifecyclePolicy", "DeleteLifecyclePolicy"]),
            resources=[names.arn("ecr", f"repository/{names.repository(service)}") for service in SERVICES],
        ),
    ]


def _sources(names: "Names") -> list[Statement]:
    """Return the rights on buckets with videos: core sets their notifications, a deployment first looks at them."""
    actions = [
        *("s3:GetBucketLocation", "s3:GetBucketNotification", "s3:GetEncryptionConfiguration"),
        "s3:PutBucketNotification",
    ]
    sources = names.source_bucket_arns
    return [Statement(sid="SourceBuckets", actions=actions, resources=sources)] if sources else []


def _event_bus(names: "Names") -> list[Statement]:
    """Return the rights on the bus and its rules; a rule's target needs no further right here, but its own policy."""
    if not names.config.events.event_bus:
        return []
    return [
        Statement(sid="EventBus", actions=["events:*"], resources=[names.event_bus_arn, names.event_rules_arn]),
    ]


def _identity_provider(names: "Names") -> list[Statement]:
    """Return the rights on the identity provider's client, which Terraform reads to give it to the cluster."""
    oidc = names.config.auth.oidc
    if oidc is None:
        return []
    return [
        Statement(sid="ReadOidcClient", actions=["secretsmanager:GetSecretValue"], resources=[oidc.client_secret_arn]),
        # With a key of the account, which the config does not name.
        Statement(
            sid="OidcClientsKey",
            actions=["kms:Decrypt"],
            resources=["*"],
            conditions={"StringEquals": {"kms:EncryptionContext:SecretARN": oidc.client_secret_arn}},
        ),
    ]


def _observation(names: "Names") -> list[Statement]:
    groups = [names.cluster_log_group, names.pods_log_group, names.insights_log_group]
    arns = [names.log_group_arn(group) for group in groups]
    own = (names.config.name, names.of("*"))
    return [
        Statement(sid="LogGroups", actions=["logs:*"], resources=[*arns, *(f"{arn}:*" for arn in arns)]),
        Statement(sid="FindLogGroups", actions=["logs:DescribeLogGroups"], resources=["*"]),
        Statement(
            sid="Alarms",
            actions=["cloudwatch:*"],
            resources=[
                names.arn("cloudwatch", f"alarm:{names.of('*')}"),
                *(names.arn("cloudwatch", f"dashboard/{name}", region="") for name in own),
            ],
        ),
        Statement(sid="FindAlarms", actions=["cloudwatch:DescribeAlarms"], resources=["*"]),
        Statement(sid="Topic", actions=["sns:*"], resources=[names.arn("sns", names.of("*"))]),
        Statement(
            sid="MakeKey",
            actions=["kms:CreateKey", "kms:TagResource"],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestTag/pipeline": names.config.name}},
        ),
        Statement(
            sid="Key",
            actions=["kms:*"],
            resources=[names.arn("kms", "key/*")],
            conditions={"StringEquals": {"aws:ResourceTag/pipeline": names.config.name}},
        ),
        Statement(
            sid="KeyAlias",
            actions=["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
            resources=[names.arn("kms", f"alias/{names.of('*')}")],
        ),
        Statement(sid="FindAliases", actions=["kms:ListAliases"], resources=["*"]),
    ]


def _nothing_of_others(names: "Names") -> Statement:
    """Deny other instances' resources: `<name>-*` also matches `<name>-two`, and networks have no names, only tags."""
    return Statement(
        sid="NothingOfOthers",
        effect="Deny",
        actions=[f"{service}:*" for service in TOLD_BY_TAG],
        resources=["*"],
        conditions={
            "StringNotEquals": {"aws:ResourceTag/pipeline": names.config.name},
            # What has no such tag is no instance's.
            "Null": {"aws:ResourceTag/pipeline": "false"},
        },
    )


def _network(names: "Names") -> list[Statement]:
    """Return the rights on networks, bounded by the region: they have no names before they exist."""
    made = ("Vpc", "Subnet", "InternetGateway", "NatGateway", "RouteTable", "Route", "SecurityGroup")
    actions = [
        "ec2:Describe*",
        *(f"ec2:{verb}{noun}" for verb in ("Create", "Delete") for noun in made),
        *_of("ec2", ["CreateTags", "DeleteTags", "AllocateAddress", "ReleaseAddress", "DisassociateAddress"]),
        *_of("ec2", ["ModifyVpcAttribute", "ModifySubnetAttribute", "AttachInternetGateway", "DetachInternetGateway"]),
        *_of("ec2", ["AssociateRouteTable", "DisassociateRouteTable", "ReplaceRoute", "DeleteNetworkInterface"]),
        *_of("ec2", ["CreateVpcEndpoint", "DeleteVpcEndpoints", "ModifyVpcEndpoint", "DescribeVpcEndpoints"]),
        *_of("ec2", ["RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress"]),
        # The stacks find the controller's load balancer by its name; a destroy waits until it is gone.
        "elasticloadbalancing:Describe*",
        "servicequotas:GetServiceQuota",
    ]
    return [
        Statement(
            sid="Network",
            actions=actions,
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": names.config.region}},
        )
    ]


def _names(names: "Names") -> list[Statement]:
    return [
        Statement(
            sid="Certificates",
            actions=["acm:RequestCertificate", "acm:ListCertificates"],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": names.config.region}},
        ),
        Statement(
            sid="Certificate",
            actions=_of(
                "acm",
                [
                    "AddTagsToCertificate",
                    "DeleteCertificate",
                    "DescribeCertificate",
                    "GetCertificate",
                    "ListTagsForCertificate",
                    "RemoveTagsFromCertificate",
                ],
            ),
            resources=[names.arn("acm", "certificate/*")],
        ),
        Statement(
            sid="Zones",
            actions=_of("route53", ["CreateHostedZone", "ListHostedZones", "ListHostedZonesByName"]),
            resources=["*"],
        ),
        Statement(
            sid="Zone",
            actions=_of(
                "route53",
                [
                    "ChangeResourceRecordSets",
                    "ChangeTagsForResource",
                    "DeleteHostedZone",
                    "GetHostedZone",
                    "ListResourceRecordSets",
                    "ListTagsForResource",
                    "UpdateHostedZoneComment",
                ],
            ),
            resources=[names.arn("route53", "hostedzone/*", region="", account="")],
        ),
        Statement(
            sid="ZoneChanges",
            actions=["route53:GetChange"],
            resources=[names.arn("route53", "change/*", region="", account="")],
        ),
    ]


def _cluster(names: "Names") -> list[Statement]:
    kinds = ("fargateprofile", "addon", "access-entry")
    return [
        Statement(
            sid="Cluster",
            actions=["eks:*"],
            resources=[names.cluster_arn, *(names.arn("eks", f"{kind}/{names.cluster}/*") for kind in kinds)],
        ),
        Statement(
            sid="AddOnVersions",
            actions=_of("eks", ["DescribeAddonVersions", "DescribeAddonConfiguration", "ListAccessPolicies"]),
            resources=["*"],
        ),
        Statement(
            sid="MakeCluster",
            actions=["eks:CreateCluster"],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestTag/pipeline": names.config.name}},
        ),
    ]


def _identities(names: "Names") -> list[Statement]:
    roles = names.role_arn("*")
    issuers = f"oidc-provider/oidc.eks.{names.config.region}.{names.dns_suffix}/id/*"
    linked = "role/aws-service-role/{service}/*"
    return [
        Statement(
            sid="GrantInsideTheBoundary",
            actions=_of("iam", ["CreateRole", "PutRolePolicy", "DeleteRolePolicy"])
            + _of("iam", ["AttachRolePolicy", "DetachRolePolicy", "PutRolePermissionsBoundary"]),
            resources=[roles],
            conditions={"StringEquals": {"iam:PermissionsBoundary": names.boundary_arn}},
        ),
        Statement(
            sid="Roles",
            actions=_of("iam", ["GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies"])
            + _of("iam", ["ListInstanceProfilesForRole", "ListRoleTags", "DeleteRole", "TagRole", "UntagRole"])
            + _of("iam", ["UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"]),
            resources=[roles],
        ),
        Statement(
            sid="NotItsOwn",
            effect="Deny",
            actions=_of("iam", ["Attach*", "Create*", "Delete*", "Detach*", "Put*", "Tag*", "Untag*", "Update*"]),
            resources=[
                names.role_arn("build"),
                names.role_arn("deploy"),
                names.role_arn("plan"),
                # Those of an instance whose name begins with this one's, too.
                names.role_arn("*-build"),
                names.role_arn("*-deploy"),
                names.role_arn("*-plan"),
                names.arn("iam", f"policy/{names.of('*')}", region=""),
            ],
        ),
        Statement(
            sid="GiveRolesToTheCluster",
            actions=["iam:PassRole"],
            resources=[names.role_arn("cluster"), names.role_arn("fargate")],
            conditions={
                "StringEquals": {"iam:PassedToService": ["eks.amazonaws.com", "eks-fargate-pods.amazonaws.com"]}
            },
        ),
        Statement(
            sid="ServiceAccounts",
            actions=_of("iam", ["CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"])
            + _of("iam", ["GetOpenIDConnectProvider", "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider"])
            + _of("iam", ["UpdateOpenIDConnectProviderThumbprint", "AddClientIDToOpenIDConnectProvider"]),
            resources=[names.arn("iam", issuers, region="")],
        ),
        Statement(
            sid="ServiceLinkedRoles",
            actions=["iam:CreateServiceLinkedRole", "iam:GetRole"],
            resources=[
                names.arn("iam", linked.format(service=service), region="")
                for service in ("eks.amazonaws.com", "eks-fargate.amazonaws.com", "elasticloadbalancing.amazonaws.com")
            ],
        ),
    ]


def _of(service: str, actions: Iterable[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
