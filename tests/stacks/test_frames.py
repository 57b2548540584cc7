"""The frames service in the stacks: nothing of it unless the config enables it, and then all that it needs."""

import pytest

from services.contract.settings import FramesSettings
from stacks.config.model import PipelineConfig
from stacks.cost.capacity import largest_fit, list_pods, max_vcpus
from tests.support.kubernetes_objects import container, named, pod_templates, variables
from tests.support.synthesis import EVERYTHING, MINIMAL, OIDC, WITH_DOMAIN, Config, Synthesized, synthesize

ENABLED: Config = {**WITH_DOMAIN, "frames": {"enabled": True}}
ROLE = "${data.terraform_remote_state.core.outputs.frames_role_arn}"


@pytest.fixture(scope="module")
def enabled() -> Synthesized:
    return synthesize(ENABLED)["workloads"]


def paths(stack: Synthesized, ingress: str = "thumbnails") -> dict[str, str]:
    [rule] = named(stack, "Ingress")[ingress]["spec"]["rules"]
    return {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}


def test_without_the_setting_there_is_only_the_rule_of_the_bucket(synthesized: dict[str, Synthesized]) -> None:
    core, workloads = synthesized["core"], synthesized["workloads"]
    addresses = {*core.all_resources(), *workloads.all_resources()}
    assert not [address for address in addresses if "frames" in address]
    assert core.document["output"]["frames_role_arn"]["value"] == ""
    assert "FRAMES_ENABLED" not in variables(workloads, "api")
    assert "/f" not in paths(workloads)
    lifecycle = core.resources("aws_s3_bucket_lifecycle_configuration")["videos-bucket-lifecycle"]
    assert {rule["id"]: rule["expiration"] for rule in lifecycle["rule"][1:]} == {"frames": [{"days": 30}]}


def test_both_rules_of_the_bucket_have_their_days() -> None:
    lifecycle = synthesize(EVERYTHING)["core"].resources("aws_s3_bucket_lifecycle_configuration")
    rules = lifecycle["videos-bucket-lifecycle"]["rule"][1:]
    assert {rule["filter"][0]["prefix"]: rule["expiration"][0]["days"] for rule in rules} == {
        "uploads/": 90,
        "frames/": 7,
    }


def test_its_pods_run_the_workers_image_with_its_own_role(enabled: Synthesized) -> None:
    worker, frames = container(enabled, "worker"), container(enabled, "frames")
    assert frames["image"] == worker["image"]
    assert frames["command"] == ["python", "-m", "services.frames"]
    assert frames["securityContext"] == worker["securityContext"]
    account = named(enabled, "ServiceAccount")["thumbnails-frames"]
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == ROLE
    assert pod_templates(enabled)["thumbnails-frames"]["serviceAccountName"] == "thumbnails-frames"
    assert named(enabled, "PodDisruptionBudget")["thumbnails-frames"]["spec"]["maxUnavailable"] == 1
    assert "frames" not in str(enabled.resources("aws_ecr_lifecycle_policy"))


def test_its_autoscaler_follows_the_config() -> None:
    stack = synthesize(EVERYTHING)["workloads"]
    spec = named(stack, "HorizontalPodAutoscaler")["acme-thumbs-frames"]["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 6)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 70


def test_it_accepts_its_environment_and_outlasts_the_load_balancer(
    enabled: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FramesSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables(enabled, "frames").items():
        monkeypatch.setenv(name, value)
    settings = FramesSettings.from_environment()
    idle_s = PipelineConfig.model_validate(ENABLED).load_balancer.idle_timeout_s
    assert settings.frames_keep_alive_s > idle_s
    assert (settings.frames_port, settings.frames_concurrency) == (8000, 2)
    pod = pod_templates(enabled)["thumbnails-frames"]
    assert pod["terminationGracePeriodSeconds"] > 30 + settings.frames_shutdown_grace_s
    assert variables(enabled, "api")["FRAMES_ENABLED"] == "True"


@pytest.mark.parametrize("config", [WITH_DOMAIN, OIDC], ids=["token", "oidc"])
def test_its_path_needs_no_login(config: Config) -> None:
    stack = synthesize({**config, "frames": {"enabled": True}})["workloads"]
    assert paths(stack)["/f"] == "thumbnails-frames"
    assert list(paths(stack))[-1] == "/"
    annotations = named(stack, "Service")["thumbnails-frames"]["metadata"]["annotations"]
    assert annotations == {"alb.ingress.kubernetes.io/healthcheck-path": "/health"}


def test_its_pods_count_for_cost_and_quota() -> None:
    without = PipelineConfig.model_validate(MINIMAL)
    config = PipelineConfig.model_validate({**MINIMAL, "frames": {"enabled": True}})
    [frames] = [pods for pods in list_pods(config) if pods.name == "frames"]
    assert (frames.min_count, frames.max_count, frames.vcpus, frames.memory_gb) == (1, 3, 1, 2)
    assert [pods.name for pods in list_pods(config)][-1] == "worker"
    # Three, and one more during a rollout.
    assert max_vcpus(config) == max_vcpus(without) + 4
    assert config.max_pods == without.max_pods + 3
    fit = largest_fit(config, max_vcpus(config) - 12)
    assert fit is not None
    assert fit["worker.max_replicas"] < config.worker.max_replicas
    assert largest_fit(config, 1) is None
