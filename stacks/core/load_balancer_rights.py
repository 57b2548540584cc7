"""Rights of the AWS Load Balancer Controller, for which AWS maintains no policy.

The actions are those of the controller's own `docs/install/iam_policy.json` that an ALB needs. Where that asks only
for the tag `elbv2.k8s.aws/cluster`, this asks for the cluster's name in it, and it names the one load balancer that
the Ingress has. Network Load Balancers and Shield are left out.
"""

from typing import TYPE_CHECKING

from stacks.engine.policy import Conditions, Statement
from stacks.naming import CLUSTER_TAG

if TYPE_CHECKING:
    from stacks.naming import Names

_EC2_READS = [
    "AccountAttributes",
    "Addresses",
    "AvailabilityZones",
    "InternetGateways",
    "Vpcs",
    "VpcPeeringConnections",
    "Subnets",
    "SecurityGroups",
    "Instances",
    "NetworkInterfaces",
    "Tags",
    "CoipPools",
    "IpamPools",
    "RouteTables",
]
_ELB_READS = [
    "LoadBalancers",
    "LoadBalancerAttributes",
    "Listeners",
    "ListenerAttributes",
    "ListenerCertificates",
    "SSLPolicies",
    "Rules",
    "TargetGroups",
    "TargetGroupAttributes",
    "TargetHealth",
    "Tags",
    "TrustStores",
    "CapacityReservation",
]


def load_balancer_rights(names: "Names") -> list[Statement]:
    return [*_reads(), *_protections(names), *_security_groups(names), *_load_balancers(names)]


def _reads() -> list[Statement]:
    return [
        Statement(
            sid="Read",
            # These know no resources:
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
            actions=[
                *(f"ec2:Describe{noun}" for noun in _EC2_READS),
                "ec2:GetCoipPoolUsage",
                "ec2:GetSecurityGroupsForVpc",
                *(f"elasticloadbalancing:Describe{noun}" for noun in _ELB_READS),
                "acm:ListCertificates",
                "iam:ListServerCertificates",
            ],
            resources=["*"],
        )
    ]


def _protections(names: "Names") -> list[Statement]:
    return [
        Statement(
            sid="ServiceLinkedRole",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[
                names.arn(
                    "iam",
                    "role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing",
                    region="",
                )
            ],
            conditions={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
        Statement(
            sid="ReadCertificates", actions=["acm:DescribeCertificate"], resources=[names.arn("acm", "certificate/*")]
        ),
        Statement(
            sid="Firewall",
            actions=[
                "wafv2:GetWebACL",
                "wafv2:GetWebACLForResource",
                "wafv2:AssociateWebACL",
                "wafv2:DisassociateWebACL",
            ],
            resources=[names.arn("wafv2", "regional/webacl/*/*"), names.load_balancer_arns[0]],
        ),
    ]


def _security_groups(names: "Names") -> list[Statement]:
    groups = names.arn("ec2", "security-group/*")
    rules = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
    return [
        Statement(
            sid="MakeGroup",
            actions=["ec2:CreateSecurityGroup"],
            resources=[groups],
            conditions={"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": names.cluster}},
        ),
        Statement(
            sid="MakeGroupInOwnNetwork",
            actions=["ec2:CreateSecurityGroup"],
            resources=[names.vpc_arn],
            conditions=names.vpc_conditions,
        ),
        Statement(
            sid="TagNewGroup",
            actions=["ec2:CreateTags"],
            resources=[groups],
            conditions={
                "StringEquals": {
                    "ec2:CreateAction": "CreateSecurityGroup",
                    f"aws:RequestTag/{CLUSTER_TAG}": names.cluster,
                }
            },
        ),
        Statement(
            sid="TagOwnGroup",
            actions=["ec2:CreateTags", "ec2:DeleteTags"],
            resources=[groups],
            conditions=_own(names),
        ),
        Statement(
            sid="ChangeOwnGroup",
            actions=[*rules, "ec2:DeleteSecurityGroup"],
            resources=[groups],
            conditions=_own(names),
        ),
        # The cluster's own group, which lets the load balancer in to the pods.
        Statement(
            sid="OpenClusterGroup",
            actions=rules,
            resources=[groups],
            conditions={"StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{names.cluster}": "owned"}},
        ),
    ]


def _load_balancers(names: "Names") -> list[Statement]:
    load_balancer, listener, rule = names.load_balancer_arns
    target_group = names.arn("elasticloadbalancing", "targetgroup/*/*")
    return [
        *_make(names, "LoadBalancer", load_balancer),
        *_make(names, "TargetGroup", target_group),
        Statement(
            sid="TagOwn",
            actions=["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
            resources=[load_balancer, target_group],
            conditions=_own(names),
        ),
        Statement(
            sid="ChangeOwn",
            actions=[
                f"elasticloadbalancing:{verb}"
                for verb in (
                    "ModifyLoadBalancerAttributes",
                    "SetIpAddressType",
                    "SetSecurityGroups",
                    "SetSubnets",
                    "DeleteLoadBalancer",
                    "ModifyTargetGroup",
                    "ModifyTargetGroupAttributes",
                    "DeleteTargetGroup",
                    "ModifyListenerAttributes",
                    "ModifyCapacityReservation",
                    "ModifyIpPools",
                )
            ],
            resources=[load_balancer, target_group, listener],
            conditions=_own(names),
        ),
        Statement(
            sid="Targets",
            actions=["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
            resources=[target_group],
            conditions=_own(names),
        ),
        Statement(
            sid="Listeners",
            actions=[
                f"elasticloadbalancing:{verb}"
                for verb in (
                    "CreateListener",
                    "ModifyListener",
                    "DeleteListener",
                    "AddListenerCertificates",
                    "RemoveListenerCertificates",
                    "CreateRule",
                    "ModifyRule",
                    "DeleteRule",
                    "SetRulePriorities",
                    "SetWebAcl",
                    "AddTags",
                    "RemoveTags",
                )
            ],
            resources=[load_balancer, listener, rule],
        ),
    ]


def _make(names: "Names", noun: str, resource: str) -> list[Statement]:
    """Allow to make a thing with the cluster's tag, and to put the tag on it while it is made."""
    request = {f"aws:RequestTag/{CLUSTER_TAG}": names.cluster}
    action = f"Create{noun}"
    return [
        Statement(
            sid=f"Make{noun}",
            actions=[f"elasticloadbalancing:{action}"],
            resources=[resource],
            conditions={"StringEquals": request},
        ),
        Statement(
            sid=f"TagNew{noun}",
            actions=["elasticloadbalancing:AddTags"],
            resources=[resource],
            conditions={"StringEquals": {"elasticloadbalancing:CreateAction": action, **request}},
        ),
    ]


def _own(names: "Names") -> Conditions:
    return {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": names.cluster}}
