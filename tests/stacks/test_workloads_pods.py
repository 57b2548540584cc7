"""Pods of the workloads stack: what they may do, how large they are, how they end, how many there are."""

import json
from urllib.parse import urlsplit

import pytest

from services.aws.clients import make_clients
from services.aws.presign import Presigner
from stacks.config.fargate import is_exact
from stacks.config.model import PipelineConfig
from stacks.naming import INSIGHTS_NAMESPACE, Names
from tests.support.kubernetes_objects import (
    Object,
    container,
    custom_objects,
    helm_values,
    named,
    objects,
    pod_templates,
    variables,
)
from tests.support.synthesis import MATRIX, MINIMAL, OIDC, WITH_DOMAIN, Config, Synthesized, synthesize


def workloads_of(config: Config) -> Synthesized:
    return synthesize(config)["workloads"]


def scaled_object(stack: Synthesized) -> Object:
    return next(found["spec"] for _, found in custom_objects(stack) if found["kind"] == "ScaledObject")


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_pods_have_no_rights_on_their_machine(config: Config) -> None:
    for name, pod in pod_templates(workloads_of(config)).items():
        context = pod["securityContext"]
        assert context["runAsNonRoot"], name
        assert context["runAsUser"] > 0, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for one in pod["containers"]:
            own = one["securityContext"]
            assert own["readOnlyRootFilesystem"], name
            assert not own["allowPrivilegeEscalation"], name
            assert not own["privileged"], name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod), name


def test_namespaces_refuse_other_pods(workloads: Synthesized) -> None:
    for name, namespace in named(workloads, "Namespace").items():
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted", name


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_pods_are_exactly_a_fargate_size(config: Config) -> None:
    stack = workloads_of(config)
    sizes = {name: pod["containers"][0]["resources"] for name, pod in pod_templates(stack).items()}
    sizes |= {f"keda {part}": size for part, size in helm_values(stack, "keda")["resources"].items()}
    sizes["controller"] = helm_values(stack, "aws-load-balancer-controller")["resources"]
    for name, size in sizes.items():
        assert size["requests"] == size["limits"], name
        cpu, memory = size["requests"]["cpu"], size["requests"]["memory"]
        assert is_exact(int(cpu.removesuffix("m")), int(memory.removesuffix("Mi"))), name


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_images_and_charts_are_pinned(config: Config) -> None:
    stack = workloads_of(config)
    for name, pod in pod_templates(stack).items():
        for one in pod["containers"]:
            tag = one["image"].rpartition(":")[2]
            assert tag[0].isalnum(), name
            assert "/" not in tag, name
            assert tag != "latest", name
    for release in stack.resources("helm_release").values():
        assert release["chart"].startswith("./") or release["version"].count(".") == 2, release["name"]


@pytest.mark.parametrize("deadline_s", [5, 60, 600, 3600])
def test_pods_have_the_time_to_end_what_they_do(deadline_s: int) -> None:
    processing = {"deadline_s": deadline_s, "visibility_timeout_s": deadline_s * 6 + 30}
    stack = workloads_of({**MINIMAL, "processing": processing})
    for part, grace in {"worker": "SHUTDOWN_GRACE_S", "api": "API_SHUTDOWN_GRACE_S"}.items():
        pod = pod_templates(stack)[f"thumbnails-{part}"]
        given = float(variables(stack, part)[grace])
        hook = container(stack, part).get("lifecycle")
        drain = int(hook["preStop"]["exec"]["command"][-1]) if hook else 0
        assert pod["terminationGracePeriodSeconds"] > drain + given
    assert float(variables(stack, "worker")["SHUTDOWN_GRACE_S"]) >= deadline_s
    assert float(variables(stack, "worker")["PROCESSING_DEADLINE_S"]) == deadline_s


def test_pods_outlast_their_removal_from_the_load_balancer(workloads: Synthesized) -> None:
    annotations = named(workloads, "Ingress")["thumbnails"]["metadata"]["annotations"]
    delay = annotations["alb.ingress.kubernetes.io/target-group-attributes"].rpartition("=")[2]
    for part in ("api", "frontend"):
        drain = container(workloads, part)["lifecycle"]["preStop"]["exec"]["command"]
        assert drain == ["sleep", delay]
        assert pod_templates(workloads)[f"thumbnails-{part}"]["terminationGracePeriodSeconds"] > int(delay)


def test_probes_ask_ports_that_the_containers_have(workloads: Synthesized) -> None:
    for part in ("worker", "api", "frontend"):
        one = container(workloads, part)
        ports = {port["containerPort"] for port in one["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert one[probe]["httpGet"]["port"] in ports, part
    assert container(workloads, "worker")["livenessProbe"]["httpGet"]["port"] == int(
        variables(workloads, "worker")["WORKER_HEALTH_PORT"]
    )
    # An outage of AWS makes the api neither unready nor restarted: it is what shows the outage.
    api = container(workloads, "api")
    assert {api["readinessProbe"]["httpGet"]["path"], api["livenessProbe"]["httpGet"]["path"]} == {"/health"}
    assert api["startupProbe"]["httpGet"]["path"] == "/health/ready"


def test_what_a_pod_writes_is_its_own(workloads: Synthesized) -> None:
    for name, pod in pod_templates(workloads).items():
        kinds = {volume["name"]: set(volume) - {"name"} for volume in pod["volumes"]}
        for mount in pod["containers"][0]["volumeMounts"]:
            assert mount.get("readOnly") or kinds[mount["name"]] == {"emptyDir"}, name


def test_only_pods_calling_kubernetes_have_its_token(workloads: Synthesized) -> None:
    automounted = {name: pod["automountServiceAccountToken"] for name, pod in pod_templates(workloads).items()}
    assert automounted == {
        "thumbnails-worker": False,
        "thumbnails-api": True,
        "thumbnails-frontend": False,
        "adot-collector": True,
    }
    assert all(not account["automountServiceAccountToken"] for account in named(workloads, "ServiceAccount").values())


def test_service_accounts_have_the_roles_from_core(workloads: Synthesized) -> None:
    role = "eks.amazonaws.com/role-arn"
    accounts = {
        name: account["metadata"].get("annotations", {}).get(role)
        for name, account in named(workloads, "ServiceAccount").items()
    }
    output = "${data.terraform_remote_state.core.outputs."
    assert accounts == {
        "thumbnails-worker": f"{output}worker_role_arn}}",
        "thumbnails-api": f"{output}api_role_arn}}",
        "thumbnails-frontend": None,
        "adot-collector": f"{output}collector_role_arn}}",
    }
    pods = {name: pod["serviceAccountName"] for name, pod in pod_templates(workloads).items()}
    assert pods == {name: name for name in accounts}


def test_api_reads_only_pods_of_its_namespace(workloads: Synthesized) -> None:
    [role] = named(workloads, "Role").values()
    [binding] = named(workloads, "RoleBinding").values()
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert role["metadata"]["namespace"] == variables(workloads, "api")["WORKER_NAMESPACE"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "thumbnails-api", "namespace": "thumbnails"}]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]


def test_rights_on_the_whole_cluster_are_the_collectors_alone(workloads: Synthesized) -> None:
    [role] = named(workloads, "ClusterRole").values()
    [binding] = named(workloads, "ClusterRoleBinding").values()
    assert {resource for rule in role["rules"] for resource in rule["resources"]} == {"nodes", "nodes/proxy"}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    [subject] = binding["subjects"]
    assert subject["namespace"] == INSIGHTS_NAMESPACE
    neighbours = {
        found["metadata"]["name"]
        for found in objects(workloads).values()
        if found["kind"] in {"Deployment", "StatefulSet"} and found["metadata"]["namespace"] == INSIGHTS_NAMESPACE
    }
    assert neighbours == {"adot-collector"}


def test_no_secret_is_in_the_state(workloads: Synthesized) -> None:
    assert not workloads.resources("kubernetes_secret_v1")
    names = Names(PipelineConfig.model_validate(WITH_DOMAIN))
    assert variables(workloads, "api")["AUTH_TOKEN_SECRET"] == names.api_token_secret
    oidc = workloads_of(OIDC)
    [secret] = oidc.resources("kubernetes_secret_v1").values()
    assert not {"data", "string_data", "binary_data"} & set(secret)
    assert set(secret["data_wo"]) == {"clientID", "clientSecret"}
    for value in secret["data_wo"].values():
        assert value.startswith("${jsondecode(ephemeral.aws_secretsmanager_secret_version.oidc_client.secret_string)")


def test_workers_go_from_none_to_ten_by_the_queue(workloads: Synthesized) -> None:
    spec = scaled_object(workloads)
    [trigger] = spec["triggers"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"], spec["pollingInterval"]) == (0, 10, 15)
    assert spec["scaleTargetRef"]["name"] in named(workloads, "Deployment")
    assert trigger["type"] == "aws-sqs-queue"
    assert trigger["metadata"] == {
        "queueURL": variables(workloads, "worker")["SQS_QUEUE_URL"],
        "awsRegion": "ap-southeast-2",
        "queueLength": "3",
        "activationQueueLength": "0",
        "scaleOnInFlight": "true",
    }


def test_keda_acts_as_its_own_role(workloads: Synthesized) -> None:
    authentication = next(found for _, found in custom_objects(workloads) if found["kind"] == "TriggerAuthentication")
    [trigger] = scaled_object(workloads)["triggers"]
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert authentication["spec"] == {"podIdentity": {"provider": "aws"}}
    irsa = helm_values(workloads, "keda")["podIdentity"]["aws"]["irsa"]
    assert irsa == {"enabled": True, "roleArn": "${data.terraform_remote_state.core.outputs.keda_operator_role_arn}"}


@pytest.mark.parametrize("deadline_s", [60, 600, 3600])
def test_scaling_in_kills_no_work(deadline_s: int) -> None:
    processing = {"deadline_s": deadline_s, "visibility_timeout_s": deadline_s * 6}
    spec = scaled_object(workloads_of({**MINIMAL, "processing": processing}))
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert deadline_s <= down["stabilizationWindowSeconds"] <= 3600
    assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 60}]
    assert spec["cooldownPeriod"] >= deadline_s


def test_api_and_frontend_follow_their_cpu(workloads: Synthesized) -> None:
    autoscalers = named(workloads, "HorizontalPodAutoscaler")
    assert set(autoscalers) == {"thumbnails-api", "thumbnails-frontend"}
    for name, autoscaler in autoscalers.items():
        spec = autoscaler["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 3)
        assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        [metric] = spec["metrics"]
        assert metric["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}


def test_terraform_leaves_the_number_of_pods_to_the_autoscalers(workloads: Synthesized) -> None:
    assert all("replicas" not in deployment["spec"] for deployment in named(workloads, "Deployment").values())


@pytest.mark.parametrize("region", ["ap-southeast-2", "us-east-1", "us-gov-west-1", "cn-north-1"])
def test_pages_load_only_from_the_instances_bucket(region: str) -> None:
    stack = synthesize({**MINIMAL, "region": region})["workloads"]
    allowed = variables(stack, "frontend")["STORAGE_ORIGIN"].split()
    bucket = f"thumbnails-videos-123456789012-{region}"
    s3 = make_clients(region, connections=1, credentials=("AKID", "secret")).s3
    for url in (
        Presigner(s3, bucket).url("thumbnails/a_1.jpg", lifetime_s=900),
        s3.generate_presigned_post(bucket, "uploads/a.mp4")["url"],
        f"{s3.meta.endpoint_url}".replace("//", f"//{bucket}."),
    ):
        assert "{0.scheme}://{0.netloc}".format(urlsplit(url)) in allowed
    assert all(origin.startswith(f"https://{bucket}.s3.") for origin in allowed)


def test_the_image_that_is_deployed_never_expires(workloads: Synthesized) -> None:
    policies = workloads.resources("aws_ecr_lifecycle_policy")
    for part in ("worker", "api", "frontend"):
        first, *others = json.loads(policies[f"{part}-images"]["policy"])["rules"]
        repository, _, tag = container(workloads, part)["image"].rpartition(":")
        assert repository.endswith(f"/{policies[f'{part}-images']['repository']}")
        # What a rule matches no later rule expires; a tag that cannot move has one image.
        assert first["selection"]["tagPatternList"] == [tag]
        assert (first["selection"]["countType"], first["selection"]["countNumber"]) == ("imageCountMoreThan", 1)
        assert all(rule["rulePriority"] > first["rulePriority"] for rule in others)
        assert others[-1]["selection"]["tagStatus"] == "any"


def test_disruption_budget_allows_one_pod_per_component(workloads: Synthesized) -> None:
    deployments = named(workloads, "Deployment")
    budgets = named(workloads, "PodDisruptionBudget")
    assert set(budgets) == set(deployments)
    for name, budget in budgets.items():
        assert budget["spec"]["maxUnavailable"] == 1
        wanted = budget["spec"]["selector"]["matchLabels"].items()
        assert wanted <= deployments[name]["spec"]["template"]["metadata"]["labels"].items()
        others = [other for other in deployments if other != name]
        assert not any(
            wanted <= deployments[other]["spec"]["template"]["metadata"]["labels"].items() for other in others
        )
