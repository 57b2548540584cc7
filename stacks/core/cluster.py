"""The EKS cluster: no nodes, Fargate profiles for the namespaces that run pods, and the add-ons that these need."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_eks_addon_version import DataAwsEksAddonVersion
from cdktf_cdktf_provider_aws.eks_access_entry import EksAccessEntry
from cdktf_cdktf_provider_aws.eks_access_policy_association import (
    EksAccessPolicyAssociation,
    EksAccessPolicyAssociationAccessScope,
)
from cdktf_cdktf_provider_aws.eks_addon import EksAddon
from cdktf_cdktf_provider_aws.eks_cluster import (
    EksCluster,
    EksClusterAccessConfig,
    EksClusterUpgradePolicy,
    EksClusterVpcConfig,
)
from cdktf_cdktf_provider_aws.eks_fargate_profile import EksFargateProfile, EksFargateProfileSelector

from stacks.core.roles import grant_managed, grant_rights, make_role
from stacks.engine.policy import Statement, service_trust_policy
from stacks.naming import INSIGHTS_NAMESPACE, KEDA_NAMESPACE, SYSTEM_NAMESPACE

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.iam_role import IamRole

    from stacks.core.network import VpcNetwork
    from stacks.engine.stack import PipelineStack

_ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"
_READER = "AmazonEKSAdminViewPolicy"
"""Reads everything, Secrets included, in which Helm keeps its releases.

https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
"""


def make_cluster(stack: "PipelineStack", network: "VpcNetwork") -> EksCluster:
    names, config = stack.names, stack.config.cluster
    # EKS would make it itself, and keep its logs for ever.
    logs = CloudwatchLogGroup(
        stack, "cluster-logs", name=names.cluster_log_group, retention_in_days=config.log_retention_days
    )
    cluster_role = make_role(stack, "cluster", trust=service_trust_policy("eks.amazonaws.com"))
    rights = grant_managed(stack, "cluster", cluster_role, "AmazonEKSClusterPolicy")
    cluster = EksCluster(
        stack,
        "cluster",
        name=names.cluster,
        role_arn=cluster_role.arn,
        version=config.kubernetes_version,
        vpc_config=EksClusterVpcConfig(
            subnet_ids=network.private,
            endpoint_private_access=True,
            endpoint_public_access=True,
            public_access_cidrs=[str(cidr) for cidr in config.public_access_cidrs],
        ),
        access_config=EksClusterAccessConfig(
            authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
        ),
        # The add-ons that the cluster needs are made below. vpc-cni serves EC2 nodes, of which there are none.
        bootstrap_self_managed_addons=False,
        enabled_cluster_log_types=list(config.control_plane_logs),
        # A version that has left standard support costs six times as much; STANDARD upgrades instead.
        upgrade_policy=EksClusterUpgradePolicy(support_type="STANDARD"),
        deletion_protection=config.deletion_protection,
        depends_on=[logs, rights],
    )
    cluster.override_logical_id("cluster")
    _admit_principals(stack, cluster)
    profiles = _fargate_profiles(stack, cluster, network)
    _add_ons(stack, cluster, after=profiles)
    return cluster


def _admit_principals(stack: "PipelineStack", cluster: EksCluster) -> None:
    """Admit the deploy role and the principals that the config names; its creator gets no rights by itself.

    The plan role reads only.
    """
    principals = {part: stack.names.role_arn(part) for part in ("deploy", "plan")}
    for number, principal_arn in enumerate(stack.config.cluster.admin_principal_arns, start=1):
        principals[f"admin-{number}"] = principal_arn
    for name, principal_arn in principals.items():
        policy = _READER if name == "plan" else _ADMINISTRATOR
        entry = EksAccessEntry(stack, name, cluster_name=cluster.name, principal_arn=principal_arn)
        EksAccessPolicyAssociation(
            stack,
            f"{name}-rights",
            cluster_name=cluster.name,
            principal_arn=principal_arn,
            policy_arn=stack.names.arn("eks", f"cluster-access-policy/{policy}", region="", account="aws"),
            access_scope=EksAccessPolicyAssociationAccessScope(type="cluster"),
            depends_on=[entry],
        )


def _fargate_profiles(stack: "PipelineStack", cluster: EksCluster, network: "VpcNetwork") -> list[EksFargateProfile]:
    """Make a profile for each namespace that runs pods, in a chain: EKS makes or deletes one at a time.

    https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html
    """
    execution_role = _pod_execution_role(stack)
    profiles: list[EksFargateProfile] = []
    for namespace in (SYSTEM_NAMESPACE, KEDA_NAMESPACE, INSIGHTS_NAMESPACE, stack.names.namespace):
        part = "pipeline" if namespace == stack.names.namespace else namespace
        profile = EksFargateProfile(
            stack,
            f"profile-{part}",
            cluster_name=cluster.name,
            fargate_profile_name=namespace,
            pod_execution_role_arn=execution_role.arn,
            subnet_ids=network.private,
            selector=[EksFargateProfileSelector(namespace=namespace)],
            depends_on=profiles[-1:] or network.ways_out,
        )
        profiles.append(profile)
    return profiles


def _pod_execution_role(stack: "PipelineStack") -> "IamRole":
    """Make the role that fetches images and writes logs for pods; pods themselves use their accounts' roles.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-execution-role.html
    """
    names = stack.names
    profiles = names.arn("eks", f"fargateprofile/{names.cluster}/*")
    taker = make_role(
        stack,
        "fargate",
        trust=service_trust_policy("eks-fargate-pods.amazonaws.com", {"ArnLike": {"aws:SourceArn": profiles}}),
    )
    grant_managed(stack, "fargate", taker, "AmazonEKSFargatePodExecutionRolePolicy")
    logs = names.log_group_arn(names.pods_log_group)
    grant_rights(
        stack,
        "fargate",
        taker,
        Statement(
            sid="WritePodLogs",
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[logs, f"{logs}:*"],
        ),
    )
    return taker


def _add_ons(stack: "PipelineStack", cluster: EksCluster, *, after: Sequence[ITerraformDependable]) -> None:
    """Install kube-proxy, CoreDNS for Fargate, and the metrics server, which the HPAs ask.

    Every Fargate node runs a kube-proxy of its own. It may read Services by the ClusterRoleBinding
    `eks:kube-proxy-fargate`, which only the add-on brings, so the add-on comes before all pods. Its DaemonSet runs no
    pod on Fargate.

    The add-on metrics-server avoids port 10250, which is the kubelet's in a Fargate pod:
    https://docs.aws.amazon.com/eks/latest/userguide/metrics-server.html
    """
    kube_proxy = _add_on(stack, cluster, "kube-proxy")
    after = [kube_proxy, *after]
    _add_on(stack, cluster, "coredns", settings={"computeType": "Fargate"}, after=after)
    _add_on(stack, cluster, "metrics-server", after=after)


def _add_on(
    stack: "PipelineStack",
    cluster: EksCluster,
    name: str,
    *,
    settings: Mapping[str, str] | None = None,
    after: Sequence[ITerraformDependable] = (),
) -> EksAddon:
    """Install an add-on in the version that EKS has as its default for the cluster's Kubernetes version.

    Without a version EKS would take this one as well, but never upgrade it afterwards. The newest version would change
    with any deployment.
    """
    version = DataAwsEksAddonVersion(
        stack, f"{name}-version", addon_name=name, kubernetes_version=cluster.version, most_recent=False
    )
    return EksAddon(
        stack,
        name,
        cluster_name=cluster.name,
        addon_name=name,
        addon_version=version.version,
        configuration_values=json.dumps(settings) if settings else None,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        depends_on=list(after) or None,
    )
