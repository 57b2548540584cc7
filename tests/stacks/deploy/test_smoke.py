"""The smoke test against a real pipeline: api and worker as processes, the embedded AWS, a Kubernetes API over HTTPS.

moto has the alarms and the token's secret.
"""

import base64
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import boto3
import pytest
import urllib3
from moto import mock_aws

from services.aws.shared import SharedItems
from services.aws.table.processing import switch_processing
from services.local.access import ANY_PORTS
from services.local.pipeline import run_pipeline
from stacks.config.pods import Frames
from stacks.deploy.errors import SmokeError
from stacks.deploy.instance import Instance
from stacks.deploy.smoke.checks import await_health, run_smoke
from stacks.deploy.smoke.video import SAMPLE, decode
from tests.support.bench import Bench, config
from tests.support.driver import IMPATIENT, Driver
from tests.support.forks import fork_program
from tests.support.keda import TOKEN, KedaApi, serve_scaled_object
from tests.support.ports import held_ports

ROWS = ["health", "upload", "thumbnails", "frame", "clean-up", "scaled object", "alarms"]
STATE_BUCKET = "thumbnails-tfstate-123456789012-us-east-1"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    with held_ports(1) as (port,):
        # There is no load balancer that routes /f, so the api signs URLs of the service itself.
        settings = {**IMPATIENT, "API_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        ports = replace(ANY_PORTS, frames=port)
        data = tmp_path_factory.mktemp("smoke")
        with run_pipeline(data, workers=1, say=print, settings=settings, ports=ports, start=fork_program) as local:
            yield Driver(local)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KedaApi]:
    with serve_scaled_object(tmp_path) as api:
        yield api


@pytest.fixture
def instance(pipeline: Driver, cluster: KedaApi, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    """Return an instance whose S3 and table are the pipeline's, and whose cluster is the one above."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL_S3": pipeline.endpoints.aws,
        "AWS_ENDPOINT_URL_DYNAMODB": pipeline.endpoints.aws,
    }.items():
        monkeypatch.setenv(name, value)
    bench.program("aws", says=json.dumps({"kind": "ExecCredential", "status": {"token": TOKEN}}))
    outputs = {"cluster_endpoint": cluster.endpoint, "cluster_ca_data": base64.b64encode(cluster.authority).decode()}
    state = {"outputs": {name: {"value": value} for name, value in outputs.items()}}
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("s3").create_bucket(Bucket=STATE_BUCKET)
        session.client("s3").put_object(Bucket=STATE_BUCKET, Key="thumbnails/core.tfstate", Body=json.dumps(state))
        token = Path(pipeline.endpoints.token_file).read_text(encoding="utf-8").strip()
        session.client("secretsmanager").create_secret(Name="thumbnails/api-token", SecretString=token)
        make_alarm(session, "dlq-not-empty")
        storage = {"bucket_name": pipeline.endpoints.bucket}
        yield Instance(config=config(region="us-east-1", storage=storage), project=bench.project, session=session)


def make_alarm(session: boto3.Session, name: str, state: str = "OK") -> None:
    cloudwatch = session.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"thumbnails-{name}",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=0,
    )
    cloudwatch.set_alarm_state(AlarmName=f"thumbnails-{name}", StateValue=state, StateReason="2 messages")


def rows(said: str) -> dict[str, tuple[str, str]]:
    """Return outcome and details of each row of the table."""
    found = re.findall(r"^  (\S.{12})  (\w+) +[\d.]+ s  (.*)$", said, re.MULTILINE)
    return {title.strip(): (outcome, details) for title, outcome, details in found}


def test_a_video_goes_through_and_leaves_nothing(
    instance: Instance, pipeline: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    with_frames = instance.config.model_copy(update={"frames": Frames(enabled=True)})
    run_smoke(replace(instance, config=with_frames), url=pipeline.endpoints.api)
    said = capsys.readouterr().out
    table = rows(said)
    assert list(table) == ROWS
    assert {outcome for outcome, _ in table.values()} == {"ok"}, said
    assert table["thumbnails"][1] == "3 decode, 320 x 180"
    assert table["frame"][1] == "decodes, 320 x 180"
    assert table["clean-up"][1] == "6 objects and the record deleted"
    assert table["alarms"][1] == "1, none raised"
    assert pipeline.keys("") == []
    assert not any(count for name, count in pipeline.videos.totals().items() if name.startswith(("videos_", "upload_")))


def test_each_failure_is_a_row_and_others_continue(
    instance: Instance, pipeline: Driver, cluster: KedaApi, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.conditions = [{"type": "Ready", "status": "False", "message": "awsAccessKeyID not found"}]
    make_alarm(instance.session, "dlq-not-empty", "ALARM")
    with pytest.raises(SmokeError, match="The smoke test failed: scaled object, alarms"):
        run_smoke(instance, url=pipeline.endpoints.api)
    table = rows(capsys.readouterr().out)
    assert table["thumbnails"][0] == "ok"
    assert table["scaled object"][1] == "The ScaledObject thumbnails-worker is not Ready: awsAccessKeyID not found"
    assert table["alarms"][1].startswith("thumbnails-dlq-not-empty (2 messages)")


def test_a_wrong_token_is_named_and_nothing_is_uploaded(
    instance: Instance, pipeline: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    instance.session.client("secretsmanager").put_secret_value(SecretId="thumbnails/api-token", SecretString="x" * 32)
    with pytest.raises(SmokeError, match="upload"):
        run_smoke(instance, url=pipeline.endpoints.api)
    table = rows(capsys.readouterr().out)
    assert "answers 401" in table["upload"][1]
    assert "thumbnails" not in table
    assert pipeline.keys("") == []


def test_upload_is_deleted_after_a_timeout(
    instance: Instance, pipeline: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SmokeError, match="thumbnails"):
        run_smoke(instance, url=pipeline.endpoints.api, wait_s=-1)
    table = rows(capsys.readouterr().out)
    assert re.search("no worker has started it|a worker still processes it", table["thumbnails"][1])
    assert table["clean-up"][0] == "ok"
    assert pipeline.keys("uploads/") == []


def test_a_pause_ends_it_before_the_upload(
    instance: Instance, pipeline: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = SharedItems(instance.session.client("dynamodb"), pipeline.endpoints.videos_table)
    switch = partial(switch_processing, shared, by="deploy\u202ebot", now=datetime.now(UTC), oldest_at=None)
    switch(paused=True)
    try:
        with pytest.raises(
            SmokeError, match=r"paused since .* UTC by deploy\\u202ebot: .*processing resume --url http"
        ):
            run_smoke(instance, url=pipeline.endpoints.api)
    finally:
        switch(paused=False)
    assert rows(capsys.readouterr().out) == {}
    assert pipeline.keys("") == []


def test_with_browser_login_the_bucket_receives_the_video(
    instance: Instance, pipeline: Driver, capsys: pytest.CaptureFixture[str]
) -> None:
    auth = instance.config.auth.model_copy(update={"mode": "oidc"})
    guarded = replace(instance, config=instance.config.model_copy(update={"auth": auth}))
    run_smoke(guarded, url=pipeline.endpoints.api)
    assert rows(capsys.readouterr().out)["upload"][1].endswith("as the api asks for a login in a browser")


def test_an_address_that_does_not_answer_is_named(instance: Instance) -> None:
    with urllib3.PoolManager(retries=False) as http, pytest.raises(SmokeError, match=r"http://127\.0\.0\.1:9/health"):
        await_health(http, instance, "http://127.0.0.1:9", within_s=-1, pause_s=0)


def test_missing_load_balancer_error_names_the_stack(instance: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SmokeError, match="health, upload"):
        run_smoke(instance)
    assert "run `./noxw deploy workloads`" in rows(capsys.readouterr().out)["health"][1]


def test_without_opencv_the_session_that_has_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SmokeError, match=r"run `\./noxw smoke`"):
        decode(b"\xff\xd8")


def test_the_sample_is_small_and_no_picture() -> None:
    assert SAMPLE.stat().st_size < 20_000
    assert decode(SAMPLE.read_bytes()) is None
    assert decode(b"") is None
