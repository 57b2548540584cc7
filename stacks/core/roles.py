"""IAM roles: those that AWS services take, and those of service accounts (IRSA).

Each stays inside the boundary that the bootstrap stack has drawn; the deploy role may make no other.
"""

from typing import TYPE_CHECKING

from cdktf import Fn
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment

from stacks.engine.policy import Statement, policy_document
from stacks.naming import STS_AUDIENCE

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.eks_cluster import EksCluster

    from stacks.engine.stack import PipelineStack
    from stacks.naming import ServiceAccount


def make_role(stack: "PipelineStack", part: str, *, trust: str) -> IamRole:
    return IamRole(
        stack,
        f"{part}-role",
        name=stack.names.of(part),
        assume_role_policy=trust,
        permissions_boundary=stack.names.boundary_arn,
    )


def grant_rights(stack: "PipelineStack", part: str, taker: IamRole, *statements: Statement) -> IamRolePolicy:
    return IamRolePolicy(
        stack, f"{part}-rights", name=stack.names.of(part), role=taker.name, policy=policy_document(*statements)
    )


def grant_managed(stack: "PipelineStack", part: str, taker: IamRole, policy: str) -> IamRolePolicyAttachment:
    """Attach a policy that AWS maintains."""
    return IamRolePolicyAttachment(
        stack,
        f"{part}-managed-rights",
        role=taker.name,
        policy_arn=stack.names.arn("iam", f"policy/{policy}", region="", account="aws"),
    )


class AccountRoles:
    """Makes the roles of Kubernetes service accounts in one cluster.

    A role trusts the tokens of exactly one account, made for STS:
    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """

    def __init__(self, stack: "PipelineStack", cluster: "EksCluster") -> None:
        self._stack = stack
        url = cluster.identity.get(0).oidc.get(0).issuer
        self.provider = IamOpenidConnectProvider(
            stack, "service-accounts", url=url, client_id_list=[STS_AUDIENCE], tags={"Name": stack.names.cluster}
        )
        self.issuer: str = Fn.replace(url, "https://", "")

    def role(self, part: str, account: "ServiceAccount") -> IamRole:
        trust = Statement(
            sid="AssumedByServiceAccount",
            actions=["sts:AssumeRoleWithWebIdentity"],
            principals={"Federated": self.provider.arn},
            conditions={
                "StringEquals": {
                    f"{self.issuer}:sub": account.subject,
                    f"{self.issuer}:aud": STS_AUDIENCE,
                }
            },
        )
        return make_role(self._stack, part, trust=policy_document(trust))
