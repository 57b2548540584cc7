"""Deployments with everything that the `restricted` Pod Security Standard asks for, and a graceful end.

Topology spread is left out: Fargate ignores `topologySpreadConstraints`, each pod is a machine of its own in one of the
profile's subnets (https://docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html). NetworkPolicies are left out
as well: the VPC CNI enforces them on EC2 nodes only, on Fargate they would promise what nobody keeps
(https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html).
"""

import json
from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_kubernetes.deployment_v1 import (
    DeploymentV1,
    DeploymentV1Metadata,
    DeploymentV1Spec,
    DeploymentV1SpecSelector,
    DeploymentV1SpecStrategy,
    DeploymentV1SpecStrategyRollingUpdate,
    DeploymentV1SpecTemplate,
    DeploymentV1SpecTemplateMetadata,
    DeploymentV1SpecTemplateSpec,
    DeploymentV1SpecTemplateSpecContainer,
    DeploymentV1SpecTemplateSpecContainerEnv,
    DeploymentV1SpecTemplateSpecContainerLifecycle,
    DeploymentV1SpecTemplateSpecContainerLifecyclePreStop,
    DeploymentV1SpecTemplateSpecContainerLifecyclePreStopExec,
    DeploymentV1SpecTemplateSpecContainerLivenessProbe,
    DeploymentV1SpecTemplateSpecContainerLivenessProbeHttpGet,
    DeploymentV1SpecTemplateSpecContainerPort,
    DeploymentV1SpecTemplateSpecContainerReadinessProbe,
    DeploymentV1SpecTemplateSpecContainerReadinessProbeHttpGet,
    DeploymentV1SpecTemplateSpecContainerResources,
    DeploymentV1SpecTemplateSpecContainerSecurityContext,
    DeploymentV1SpecTemplateSpecContainerSecurityContextCapabilities,
    DeploymentV1SpecTemplateSpecContainerStartupProbe,
    DeploymentV1SpecTemplateSpecContainerStartupProbeHttpGet,
    DeploymentV1SpecTemplateSpecContainerVolumeMount,
    DeploymentV1SpecTemplateSpecSecurityContext,
    DeploymentV1SpecTemplateSpecSecurityContextSeccompProfile,
    DeploymentV1SpecTemplateSpecVolume,
    DeploymentV1SpecTemplateSpecVolumeEmptyDir,
    DeploymentV1Timeouts,
)

from stacks.config.model import PipelineConfig
from stacks.engine.stack import PipelineStack
from stacks.workloads.components import Component

_KEPT_IMAGES = 30
_USER_ID = "10001"
"""User id of no account of the images, so that a file written by mistake belongs to nobody."""


def component_labels(config: PipelineConfig, part: str) -> dict[str, str]:
    """Return the labels of a component.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
    """
    return component_selector(config, part) | {
        "app.kubernetes.io/name": f"{config.name}-{part}",
        "app.kubernetes.io/part-of": config.name,
    }


def component_selector(config: PipelineConfig, part: str) -> dict[str, str]:
    """Return the few labels that find a component's pods: a Deployment's selector cannot change later."""
    return {"app.kubernetes.io/instance": config.name, "app.kubernetes.io/component": part}


def make_deployment(
    stack: PipelineStack, component: Component, *, depends_on: Sequence[ITerraformDependable]
) -> DeploymentV1:
    """Make a Deployment without `replicas`: the autoscalers own it, and Terraform would reset it with every apply."""
    config, part = stack.config, component.part
    return DeploymentV1(
        stack,
        f"{part}-deployment",
        metadata=DeploymentV1Metadata(
            name=component.name, namespace=stack.names.namespace, labels=component_labels(config, part)
        ),
        spec=DeploymentV1Spec(
            revision_history_limit=3,
            # A Fargate pod takes 60-90 s to start, and one after another in a rollout.
            progress_deadline_seconds=900,
            selector=DeploymentV1SpecSelector(match_labels=component_selector(config, part)),
            strategy=DeploymentV1SpecStrategy(
                type="RollingUpdate",
                # Requests need every pod that there is; messages wait.
                rolling_update=DeploymentV1SpecStrategyRollingUpdate(
                    max_surge="25%", max_unavailable="25%" if part == "worker" else "0"
                ),
            ),
            template=DeploymentV1SpecTemplate(
                metadata=DeploymentV1SpecTemplateMetadata(labels=component_labels(config, part)), spec=_pod(component)
            ),
        ),
        timeouts=DeploymentV1Timeouts(create="20m", update="30m", delete="15m"),
        depends_on=depends_on,
    )


def keep_deployed_image(stack: PipelineStack, component: Component) -> None:
    """Expire old images of a component, but never the one that is deployed.

    A rule of ECR protects the images that it matches from all rules after it. The rules are in this stack, because it
    knows the tag: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    tag = stack.config.image_tag
    deployed = {
        "tagStatus": "tagged",
        "tagPatternList": [tag],
        "countType": "imageCountMoreThan",
        # A tag cannot move, so that there is one image at most and this rule expires none.
        "countNumber": 1,
    }
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    latest = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _KEPT_IMAGES}
    selections = {
        f"keep {tag}, which is deployed": deployed,
        "layers of no image": untagged,
        f"all but the latest {_KEPT_IMAGES}": latest,
    }
    rules = [
        {"rulePriority": priority, "description": text, "selection": selection, "action": {"type": "expire"}}
        for priority, (text, selection) in enumerate(selections.items(), start=1)
    ]
    EcrLifecyclePolicy(
        stack,
        f"{component.part}-images",
        repository=stack.names.repository(component.part),
        policy=json.dumps({"rules": rules}),
    )


def _pod(component: Component) -> DeploymentV1SpecTemplateSpec:
    return DeploymentV1SpecTemplateSpec(
        service_account_name=component.name,
        # IRSA has a token of its own; this one is for Kubernetes.
        automount_service_account_token=component.reads_pods,
        # Variables such as THUMBNAILS_API_PORT=tcp://... have no business among the settings.
        enable_service_links=False,
        termination_grace_period_seconds=component.termination_grace_s,
        security_context=DeploymentV1SpecTemplateSpecSecurityContext(
            run_as_non_root=True,
            run_as_user=_USER_ID,
            run_as_group=_USER_ID,
            fs_group=_USER_ID,
            seccomp_profile=DeploymentV1SpecTemplateSpecSecurityContextSeccompProfile(type="RuntimeDefault"),
        ),
        container=[_container(component)],
        volume=[
            DeploymentV1SpecTemplateSpecVolume(
                name=_volume(path), empty_dir=DeploymentV1SpecTemplateSpecVolumeEmptyDir(size_limit="512Mi")
            )
            for path in component.writable
        ],
    )


def _container(component: Component) -> DeploymentV1SpecTemplateSpecContainer:
    resources = {"cpu": f"{component.size.cpu_millis}m", "memory": f"{component.size.memory_mib}Mi"}
    port, path = str(component.health_port), component.health_path
    return DeploymentV1SpecTemplateSpecContainer(
        name=component.part,
        image=component.image,
        command=list(component.command) or None,
        # A tag in our ECR never moves, so what is there need not be pulled again.
        image_pull_policy="IfNotPresent",
        env=[
            DeploymentV1SpecTemplateSpecContainerEnv(name=name, value=value)
            for name, value in component.environment.items()
        ],
        port=[
            DeploymentV1SpecTemplateSpecContainerPort(name=name, container_port=number, protocol="TCP")
            for name, number in component.ports.items()
        ],
        resources=DeploymentV1SpecTemplateSpecContainerResources(requests=resources, limits=resources),
        security_context=DeploymentV1SpecTemplateSpecContainerSecurityContext(
            allow_privilege_escalation=False,
            privileged=False,
            read_only_root_filesystem=True,
            run_as_non_root=True,
            capabilities=DeploymentV1SpecTemplateSpecContainerSecurityContextCapabilities(drop=["ALL"]),
        ),
        startup_probe=DeploymentV1SpecTemplateSpecContainerStartupProbe(
            http_get=DeploymentV1SpecTemplateSpecContainerStartupProbeHttpGet(port=port, path=component.startup_path),
            period_seconds=2,
            failure_threshold=45,
            timeout_seconds=2,
        ),
        readiness_probe=DeploymentV1SpecTemplateSpecContainerReadinessProbe(
            http_get=DeploymentV1SpecTemplateSpecContainerReadinessProbeHttpGet(port=port, path=path),
            period_seconds=10,
            failure_threshold=3,
            timeout_seconds=3,
        ),
        liveness_probe=DeploymentV1SpecTemplateSpecContainerLivenessProbe(
            http_get=DeploymentV1SpecTemplateSpecContainerLivenessProbeHttpGet(port=port, path=path),
            period_seconds=20,
            failure_threshold=3,
            timeout_seconds=5,
        ),
        lifecycle=_wait_before_the_end(component.drain_s) if component.drain_s else None,
        termination_message_policy="FallbackToLogsOnError",
        volume_mount=[
            DeploymentV1SpecTemplateSpecContainerVolumeMount(name=_volume(path), mount_path=path)
            for path in component.writable
        ],
    )


def _wait_before_the_end(drain_s: int) -> DeploymentV1SpecTemplateSpecContainerLifecycle:
    """Return a wait before SIGTERM: requests arrive until the load balancer has removed the pod."""
    return DeploymentV1SpecTemplateSpecContainerLifecycle(
        pre_stop=[
            DeploymentV1SpecTemplateSpecContainerLifecyclePreStop(
                exec=DeploymentV1SpecTemplateSpecContainerLifecyclePreStopExec(command=["sleep", str(drain_s)])
            )
        ]
    )


def _volume(path: str) -> str:
    return path.strip("/").replace("/", "-").replace(".", "")
