"""Who the pods are: service accounts with their IAM roles (IRSA), RBAC, the client of the identity provider.

The api's token is in none of these. It lies in Secrets Manager; the api reads it with its own role and accepts the
current and the previous version, so that a rotation needs no rollout, and no Terraform state, Kubernetes Secret or
variable holds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_kubernetes.role_binding_v1 import (
    RoleBindingV1,
    RoleBindingV1Metadata,
    RoleBindingV1RoleRef,
    RoleBindingV1Subject,
)
from cdktf_cdktf_provider_kubernetes.role_v1 import RoleV1, RoleV1Metadata, RoleV1Rule
from cdktf_cdktf_provider_kubernetes.secret_v1 import SecretV1, SecretV1Metadata
from cdktf_cdktf_provider_kubernetes.service_account_v1 import ServiceAccountV1, ServiceAccountV1Metadata

from stacks.config.sections import Oidc
from stacks.engine.stack import PipelineStack
from stacks.naming import LOAD_BALANCER_CONTROLLER_ACCOUNT, ServiceAccount
from stacks.workloads.ingress import OIDC_SECRET

READ = ("get", "list", "watch")
_ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


def role_annotations(role_arn: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"""
    return {
        _ROLE_ANNOTATION: role_arn,
        # STS in the region: the global endpoint is another region's outage.
        "eks.amazonaws.com/sts-regional-endpoints": "true",
    }


def make_service_account(
    stack: PipelineStack,
    part: str,
    account: ServiceAccount,
    *,
    role_arn: str | None,
    depends_on: Sequence[ITerraformDependable],
) -> ServiceAccountV1:
    return ServiceAccountV1(
        stack,
        f"{part}-account",
        metadata=ServiceAccountV1Metadata(
            name=account.name,
            namespace=account.namespace,
            annotations=role_annotations(role_arn) if role_arn else None,
        ),
        # A pod that talks to Kubernetes says so itself.
        automount_service_account_token=False,
        depends_on=depends_on,
    )


def allow_reading_pods(
    stack: PipelineStack, account: ServiceAccount, *, depends_on: Sequence[ITerraformDependable]
) -> None:
    """The api shows the pods of the pipeline's namespace, and of no other."""
    _grant(stack, account, _Rule(role="pod-reader", resource="pods"), depends_on=depends_on)


def make_oidc_secret(stack: PipelineStack, oidc: Oidc, *, depends_on: Sequence[ITerraformDependable]) -> None:
    """The Secret that the load balancer's controller takes the provider's client from.

    Terraform reads it from Secrets Manager while it runs and hands it on as a write-only argument: neither plan nor
    state holds it. CDKTF 0.21 has no class for ephemeral resources.
    https://developer.hashicorp.com/terraform/language/manage-sensitive-data/ephemeral
    """
    source = "ephemeral.aws_secretsmanager_secret_version.oidc_client"
    stack.add_override(source, {"secret_id": oidc.client_secret_arn})
    client = f"jsondecode({source}.secret_string)"
    SecretV1(
        stack,
        "oidc-client",
        metadata=SecretV1Metadata(name=OIDC_SECRET, namespace=stack.names.namespace),
        type="Opaque",
        data_wo={key: f"${{{client}.{key}}}" for key in ("clientID", "clientSecret")},
        # Raised when the client's secret changes: Terraform cannot see what it does not keep.
        data_wo_revision=1,
        depends_on=depends_on,
    )
    # The chart gives the controller no right to Secrets unless it is asked for all of them.
    readable = _Rule(role="oidc-client-reader", resource="secrets", names=(OIDC_SECRET,))
    _grant(stack, LOAD_BALANCER_CONTROLLER_ACCOUNT, readable, depends_on=depends_on)


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """A role that reads objects of one kind in the pipeline's namespace: those with `names`, or all."""

    role: str
    resource: str
    names: tuple[str, ...] = ()


def _grant(
    stack: PipelineStack, account: ServiceAccount, rule: _Rule, *, depends_on: Sequence[ITerraformDependable]
) -> None:
    namespace = stack.names.namespace
    role = RoleV1(
        stack,
        rule.role,
        metadata=RoleV1Metadata(name=rule.role, namespace=namespace),
        rule=[
            RoleV1Rule(
                api_groups=[""], resources=[rule.resource], resource_names=list(rule.names) or None, verbs=list(READ)
            )
        ],
        depends_on=depends_on,
    )
    RoleBindingV1(
        stack,
        f"{rule.role}-binding",
        metadata=RoleBindingV1Metadata(name=rule.role, namespace=namespace),
        role_ref=RoleBindingV1RoleRef(api_group="rbac.authorization.k8s.io", kind="Role", name=rule.role),
        subject=[RoleBindingV1Subject(kind="ServiceAccount", name=account.name, namespace=account.namespace)],
        depends_on=[role],
    )
