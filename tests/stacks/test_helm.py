"""Helm renders the three charts with our values, where Helm and the charts are on this machine."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest

from stacks.config.model import PipelineConfig
from stacks.naming import KEDA_OPERATOR_ACCOUNT, LOAD_BALANCER_CONTROLLER_ACCOUNT
from tests.support.helm import charts_at_hand, describe_charts, render, unknown_values
from tests.support.kubernetes_objects import Object, custom_objects, helm_values
from tests.support.synthesis import EVERYTHING, MATRIX, WITH_DOMAIN, Config, Synthesized, synthesize

RELEASES = ("keda", "aws-load-balancer-controller", "worker-autoscaler")
CUSTOM = ("apiextensions.k8s.io", "apiregistration.k8s.io", "elbv2.k8s.aws", "keda.sh")
"""API groups of which `kubernetes_validate` has no schema."""

Render = Callable[..., list[Object]]


@pytest.fixture
def rendered(tmp_path: Path) -> Render:
    """Return a function that renders a release; it skips the test where the chart is not there."""

    def render_here(release: str, config: Config = WITH_DOMAIN) -> list[Object]:
        if release not in charts_at_hand():
            pytest.skip(f"{release} cannot be rendered: {describe_charts()}")
        return render(synthesize(config)["workloads"], release, tmp_path, kubernetes=_version(config))

    return render_here


def test_the_summary_says_which_charts_were_rendered(record_property: Callable[[str, object], None]) -> None:
    record_property("summary", f"helm template: {describe_charts()}")


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
@pytest.mark.parametrize("release", RELEASES)
def test_rendered_objects_fit_kubernetes_own_schema(release: str, config: Config, rendered: Render) -> None:
    for found in rendered(release, config):
        name = f"{found['kind']} {found['metadata']['name']}"
        if found["apiVersion"].partition("/")[0] not in CUSTOM:
            assert kubernetes_validate.validate(found, _version(config), strict=True) == _version(config), name


@pytest.mark.parametrize("config", [WITH_DOMAIN, EVERYTHING], ids=["with-domain", "everything"])
@pytest.mark.parametrize("release", ["keda", "aws-load-balancer-controller"])
def test_every_value_of_ours_is_one_that_the_chart_has(release: str, config: Config, rendered: Render) -> None:
    assert rendered(release, config)
    assert unknown_values(synthesize(config)["workloads"], release) == []


@pytest.mark.parametrize("release", ["keda", "aws-load-balancer-controller"])
def test_pods_of_public_charts_keep_the_restricted_standard(release: str, rendered: Render) -> None:
    pods = _pods(rendered(release))
    assert pods
    for name, pod in pods.items():
        assert not {"hostPID", "hostIPC"} & set(pod), name
        assert not pod.get("hostNetwork"), name
        assert not any("hostPath" in volume for volume in pod.get("volumes", [])), name
        for one in pod["containers"]:
            own = pod.get("securityContext", {}) | one["securityContext"]
            assert own["runAsNonRoot"], name
            assert own["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name


@pytest.mark.parametrize("release", ["keda", "aws-load-balancer-controller"])
def test_pods_of_public_charts_have_our_sizes(release: str, rendered: Render, workloads: Synthesized) -> None:
    asked = helm_values(workloads, release)["resources"]
    sizes = [asked] if "requests" in asked else list(asked.values())
    found = [one["resources"] for pod in _pods(rendered(release)).values() for one in pod["containers"]]
    # One container a pod, and no pod more than those that are paid for.
    assert sorted(map(_text, found)) == sorted(map(_text, sizes))


def test_controllers_get_their_roles_and_namespaces(rendered: Render) -> None:
    role = "eks.amazonaws.com/role-arn"
    accounts = {
        (found["metadata"]["namespace"], found["metadata"]["name"]): found["metadata"].get("annotations", {}).get(role)
        for release in ("keda", "aws-load-balancer-controller")
        for found in rendered(release)
        if found["kind"] == "ServiceAccount"
    }
    output = "${data.terraform_remote_state.core.outputs."
    keda, controller = KEDA_OPERATOR_ACCOUNT, LOAD_BALANCER_CONTROLLER_ACCOUNT
    assert accounts[keda.namespace, keda.name] == f"{output}keda_operator_role_arn}}"
    assert accounts[controller.namespace, controller.name] == f"{output}load_balancer_controller_role_arn}}"
    assert [arn for arn in accounts.values() if arn] == [
        accounts[keda.namespace, keda.name],
        accounts[controller.namespace, controller.name],
    ]


def test_keda_writes_to_its_own_and_the_pipelines_namespace(rendered: Render) -> None:
    objects = rendered("keda")
    (operator,) = [pod for name, pod in _pods(objects).items() if name == "keda-operator"]
    variables = {entry["name"]: entry.get("value") for entry in operator["containers"][0]["env"]}
    assert variables["WATCH_NAMESPACE"] == "thumbnails"
    assert variables["KEDA_RESTRICT_SECRET_ACCESS"] == str(True).lower()
    bound = {
        found["metadata"]["namespace"]
        for found in objects
        if found["kind"] == "RoleBinding" and found["roleRef"]["name"] == "keda-operator"
    }
    assert bound == {"keda", "thumbnails"}


def test_our_own_chart_renders_the_objects_as_they_are(rendered: Render, workloads: Synthesized) -> None:
    found = {one["kind"]: one for one in rendered("worker-autoscaler")}
    assert found == {one["kind"]: one for _, one in custom_objects(workloads)}
    assert len(found) == 2


@pytest.mark.parametrize("config", MATRIX.values(), ids=MATRIX)
def test_kedas_own_definitions_accept_our_objects(config: Config, rendered: Render) -> None:
    definitions = rendered("keda", config)
    for _, found in custom_objects(synthesize(config)["workloads"]):
        assert _problems(found, definitions) == []
        assert _problems(found | {"spec": found["spec"] | {"noSuchField": 1}}, definitions)


def _problems(found: Object, definitions: list[Object]) -> list[str]:
    """Return what a definition of KEDA's has against an object."""
    (definition,) = [one for one in definitions if one.get("spec", {}).get("names", {}).get("kind") == found["kind"]]
    (version,) = definition["spec"]["versions"]
    schema = _strict(version["schema"]["openAPIV3Schema"])
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(found)]


def _strict(schema: Any) -> Any:
    """Return a schema that refuses fields that it does not name: Kubernetes would drop them without a word."""
    if isinstance(schema, list):
        return [_strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict["additionalProperties"] = False
    return strict


def _text(value: Object) -> str:
    return json.dumps(value, sort_keys=True)


def _version(config: Config) -> str:
    return PipelineConfig.model_validate(config).cluster.kubernetes_version


def _pods(objects: list[Object]) -> dict[str, Object]:
    return {
        found["metadata"]["name"]: found["spec"]["template"]["spec"]
        for found in objects
        if found["kind"] == "Deployment"
    }
