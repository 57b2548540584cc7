"""Worker and api run with the environment of their Deployments."""

import json
import socket
from pathlib import Path

import pytest

from services.contract.settings import ApiSettings, WorkerSettings
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.pipeline.pods import deployment_environment, process_environment
from stacks.rehearse.project.copies import RehearsalSettings
from tests.support.synthesis import Synthesized


def deployment(*env: tuple[str, str]) -> dict[str, object]:
    container = {"env": [{"name": name, "value": value} for name, value in env]}
    spec = {"spec": {"template": {"spec": {"container": [container]}}}}
    return {"resource": {"kubernetes_deployment_v1": {"worker-deployment": spec}}}


def test_references_become_outputs_of_core() -> None:
    reference = "${data.terraform_remote_state.core.outputs.queue_url}"
    stack = deployment(("SQS_QUEUE_URL", reference), ("PORT", "8080"))
    environment = deployment_environment(stack, "worker", {"queue_url": "https://sqs/queue"})
    assert environment == {"SQS_QUEUE_URL": "https://sqs/queue", "PORT": "8080"}


@pytest.mark.parametrize("reference", ["${data.terraform_remote_state.core.outputs.gone}", "${aws_sqs_queue.x.url}"])
def test_other_references_are_refused(reference: str) -> None:
    with pytest.raises(RehearsalError, match="SQS_QUEUE_URL"):
        deployment_environment(deployment(("SQS_QUEUE_URL", reference)), "worker", {})


@pytest.mark.parametrize(("part", "settings"), [("worker", WorkerSettings), ("api", ApiSettings)])
def test_services_accept_the_synthesized_environment(
    part: str, settings: type, synthesized: dict[str, Synthesized]
) -> None:
    workloads = json.loads(synthesized["workloads"].text)
    environment = deployment_environment(workloads, part, {})
    known = {name.upper() for name in settings.model_fields}  # type: ignore[attr-defined]
    assert environment
    assert set(environment) <= known


def test_a_port_that_is_taken_is_replaced(tmp_path: Path) -> None:
    place = RehearsalSettings(folder=tmp_path, account="123456789012", region="eu-west-1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment, changed = process_environment(
            {"WORKER_HEALTH_PORT": port, "AWS_REGION": "us-west-2"}, place, "http://127.0.0.1:1"
        )
    assert environment["WORKER_HEALTH_PORT"] != port
    assert changed == [f"WORKER_HEALTH_PORT={environment['WORKER_HEALTH_PORT']} instead of {port}"]
    assert environment["AWS_REGION"] == "us-west-2"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_a_pod_sees_nothing_of_the_callers_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_BUCKET", "the-callers")
    monkeypatch.setenv("PIPELINE_NAME", "the-callers")
    place = RehearsalSettings(folder=tmp_path, account="123456789012", region="eu-west-1")
    environment, _ = process_environment({"SQS_QUEUE_URL": "https://sqs/queue"}, place, "http://127.0.0.1:1")
    assert "the-callers" not in environment.values()
    assert not {name for name in environment if name.startswith("PIPELINE_")}
