"""Container Insights on Fargate: one ADOT collector, in a namespace of its own.

The add-on `amazon-cloudwatch-observability` runs as DaemonSets, which Fargate does not have. The collector scrapes
every kubelet through the API server and so needs `nodes/proxy`, a right to look into any pod: nothing else runs in its
namespace or under its account. https://aws-otel.github.io/docs/getting-started/container-insights/eks-fargate/
"""

import hashlib
import json
from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_kubernetes.cluster_role_binding_v1 import (
    ClusterRoleBindingV1,
    ClusterRoleBindingV1Metadata,
    ClusterRoleBindingV1RoleRef,
    ClusterRoleBindingV1Subject,
)
from cdktf_cdktf_provider_kubernetes.cluster_role_v1 import ClusterRoleV1, ClusterRoleV1Metadata, ClusterRoleV1Rule
from cdktf_cdktf_provider_kubernetes.config_map_v1 import ConfigMapV1, ConfigMapV1Metadata
from cdktf_cdktf_provider_kubernetes.stateful_set_v1 import (
    StatefulSetV1,
    StatefulSetV1Metadata,
    StatefulSetV1Spec,
    StatefulSetV1SpecSelector,
    StatefulSetV1SpecTemplate,
    StatefulSetV1SpecTemplateMetadata,
    StatefulSetV1SpecTemplateSpec,
    StatefulSetV1SpecTemplateSpecContainer,
    StatefulSetV1SpecTemplateSpecContainerEnv,
    StatefulSetV1SpecTemplateSpecContainerLivenessProbe,
    StatefulSetV1SpecTemplateSpecContainerLivenessProbeHttpGet,
    StatefulSetV1SpecTemplateSpecContainerPort,
    StatefulSetV1SpecTemplateSpecContainerReadinessProbe,
    StatefulSetV1SpecTemplateSpecContainerReadinessProbeHttpGet,
    StatefulSetV1SpecTemplateSpecContainerResources,
    StatefulSetV1SpecTemplateSpecContainerSecurityContext,
    StatefulSetV1SpecTemplateSpecContainerSecurityContextCapabilities,
    StatefulSetV1SpecTemplateSpecContainerVolumeMount,
    StatefulSetV1SpecTemplateSpecSecurityContext,
    StatefulSetV1SpecTemplateSpecSecurityContextSeccompProfile,
    StatefulSetV1SpecTemplateSpecVolume,
    StatefulSetV1SpecTemplateSpecVolumeConfigMap,
)

from stacks.core.outputs import CoreOutputs
from stacks.engine.stack import PipelineStack
from stacks.naming import COLLECTOR_ACCOUNT, INSIGHTS_NAMESPACE
from stacks.workloads.access import READ, make_service_account
from stacks.workloads.collector_config import CONFIG_FILE, HEALTH_PORT, collector_config
from stacks.workloads.interpolation import escape_interpolation

IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0"

CPU_MILLIS, MEMORY_MIB = 250, 768

_USER_ID = "4317"
"""Id of the image's own user.

https://github.com/aws-observability/aws-otel-collector/blob/v0.49.0/cmd/awscollector/Dockerfile
"""

_NAME = COLLECTOR_ACCOUNT.name
_SELECTOR = {"app.kubernetes.io/name": _NAME}
_CONFIG_FOLDER = "/conf"


def install_collector(stack: PipelineStack, core: CoreOutputs, *, depends_on: Sequence[ITerraformDependable]) -> None:
    account = make_service_account(
        stack, "collector", COLLECTOR_ACCOUNT, role_arn=core.collector_role_arn, depends_on=depends_on
    )
    rights = _allow_scraping(stack, depends_on=[account])
    settings = collector_config(
        region=stack.config.region,
        log_group=stack.names.insights_log_group,
        namespace=None if stack.config.cluster.pod_metrics == "all" else stack.names.namespace,
    )
    text = json.dumps(settings, indent=1)
    config = ConfigMapV1(
        stack,
        "collector-config",
        metadata=ConfigMapV1Metadata(name=f"{_NAME}-config", namespace=INSIGHTS_NAMESPACE),
        # JSON is YAML, and needs no library here.
        data={CONFIG_FILE: escape_interpolation(text)},
        depends_on=depends_on,
    )
    StatefulSetV1(
        stack,
        "collector",
        metadata=StatefulSetV1Metadata(name=_NAME, namespace=INSIGHTS_NAMESPACE, labels=_SELECTOR),
        spec=StatefulSetV1Spec(
            replicas="1",
            service_name=_NAME,
            selector=StatefulSetV1SpecSelector(match_labels=_SELECTOR),
            template=StatefulSetV1SpecTemplate(
                metadata=StatefulSetV1SpecTemplateMetadata(
                    labels=_SELECTOR,
                    # It reads its file once: another one needs another pod.
                    annotations={"checksum/config": hashlib.sha256(text.encode()).hexdigest()},
                ),
                spec=_pod(stack.names.cluster),
            ),
        ),
        depends_on=[*depends_on, rights, config],
    )


def _allow_scraping(stack: PipelineStack, *, depends_on: Sequence[ITerraformDependable]) -> ClusterRoleBindingV1:
    name = stack.names.of("collector")
    role = ClusterRoleV1(
        stack,
        "collector-role",
        metadata=ClusterRoleV1Metadata(name=name),
        rule=[
            ClusterRoleV1Rule(api_groups=[""], resources=["nodes"], verbs=list(READ)),
            ClusterRoleV1Rule(api_groups=[""], resources=["nodes/proxy"], verbs=["get"]),
        ],
        depends_on=depends_on,
    )
    return ClusterRoleBindingV1(
        stack,
        "collector-role-binding",
        metadata=ClusterRoleBindingV1Metadata(name=name),
        role_ref=ClusterRoleBindingV1RoleRef(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=name),
        subject=[
            ClusterRoleBindingV1Subject(
                kind="ServiceAccount", name=COLLECTOR_ACCOUNT.name, namespace=COLLECTOR_ACCOUNT.namespace
            )
        ],
        depends_on=[role],
    )


def _pod(cluster: str) -> StatefulSetV1SpecTemplateSpec:
    resources = {"cpu": f"{CPU_MILLIS}m", "memory": f"{MEMORY_MIB}Mi"}
    return StatefulSetV1SpecTemplateSpec(
        service_account_name=COLLECTOR_ACCOUNT.name,
        automount_service_account_token=True,
        enable_service_links=False,
        termination_grace_period_seconds=30,
        security_context=StatefulSetV1SpecTemplateSpecSecurityContext(
            run_as_non_root=True,
            run_as_user=_USER_ID,
            run_as_group=_USER_ID,
            fs_group=_USER_ID,
            seccomp_profile=StatefulSetV1SpecTemplateSpecSecurityContextSeccompProfile(type="RuntimeDefault"),
        ),
        container=[
            StatefulSetV1SpecTemplateSpecContainer(
                name="collector",
                image=IMAGE,
                image_pull_policy="IfNotPresent",
                command=["/awscollector", f"--config={_CONFIG_FOLDER}/{CONFIG_FILE}"],
                env=[
                    StatefulSetV1SpecTemplateSpecContainerEnv(
                        name="OTEL_RESOURCE_ATTRIBUTES", value=f"ClusterName={cluster}"
                    )
                ],
                port=[
                    StatefulSetV1SpecTemplateSpecContainerPort(
                        name="health", container_port=HEALTH_PORT, protocol="TCP"
                    )
                ],
                resources=StatefulSetV1SpecTemplateSpecContainerResources(requests=resources, limits=resources),
                security_context=StatefulSetV1SpecTemplateSpecContainerSecurityContext(
                    allow_privilege_escalation=False,
                    privileged=False,
                    read_only_root_filesystem=True,
                    run_as_non_root=True,
                    capabilities=StatefulSetV1SpecTemplateSpecContainerSecurityContextCapabilities(drop=["ALL"]),
                ),
                readiness_probe=StatefulSetV1SpecTemplateSpecContainerReadinessProbe(
                    http_get=StatefulSetV1SpecTemplateSpecContainerReadinessProbeHttpGet(
                        port=str(HEALTH_PORT), path="/"
                    ),
                    period_seconds=10,
                ),
                liveness_probe=StatefulSetV1SpecTemplateSpecContainerLivenessProbe(
                    http_get=StatefulSetV1SpecTemplateSpecContainerLivenessProbeHttpGet(
                        port=str(HEALTH_PORT), path="/"
                    ),
                    initial_delay_seconds=30,
                    period_seconds=20,
                ),
                volume_mount=[
                    StatefulSetV1SpecTemplateSpecContainerVolumeMount(
                        name="config", mount_path=_CONFIG_FOLDER, read_only=True
                    )
                ],
            )
        ],
        volume=[
            StatefulSetV1SpecTemplateSpecVolume(
                name="config", config_map=StatefulSetV1SpecTemplateSpecVolumeConfigMap(name=f"{_NAME}-config")
            )
        ],
    )
