"""Each fault of the proxy has its effect, and an answer that boto3 reads as one of AWS."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from services.aws.clients import Clients
from services.contract.resources import PipelineResources, pipeline_resources
from services.local.provision import QueueUrls, provision_resources
from tests.faults.proxy import Proxy
from tests.faults.weather import CALM, Fault, Sky, Weather

BODY = b"some content" * 1000


class Stormy:
    """Clients behind a proxy, without retries, next to clients that reach AWS directly."""

    def __init__(self, proxy: Proxy, direct: Clients, resources: PipelineResources, queues: QueueUrls) -> None:
        session = boto3.Session("test", "test", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1})
        self.s3 = session.client("s3", endpoint_url=proxy.endpoint, config=config)
        self.sqs = session.client("sqs", endpoint_url=proxy.endpoint, config=config)
        self.dynamodb = session.client("dynamodb", endpoint_url=proxy.endpoint, config=config)
        self.sky = proxy.sky
        self.direct = direct
        self.bucket = resources.bucket
        self.table = resources.table.name
        self.queue_url = queues.dead_letter_url

    def set(self, fault: Fault) -> None:
        always = {fault: 1.0}
        self.sky.weather = Weather(s3=always, sqs=always, dynamodb=always)

    def put(self, key: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=BODY)

    def has(self, key: str) -> bool:
        found = self.direct.s3.list_objects_v2(Bucket=self.bucket, Prefix=key)
        return [entry["Key"] for entry in found.get("Contents", [])] == [key]

    def receive(self) -> list[str]:
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        messages = answer.get("Messages", [])
        for message in messages:
            # The embedded AWS refuses the receipt of a message that is deleted already; SQS does not.
            with contextlib.suppress(self.sqs.exceptions.ReceiptHandleIsInvalid):
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]


@pytest.fixture(scope="module")
def shared(aws: tuple[str, Clients]) -> Iterator[Stormy]:
    endpoint, clients = aws
    resources = pipeline_resources("storm")
    queues = provision_resources(clients, resources)
    with Proxy(Sky(1)) as proxy:
        proxy.target = endpoint
        yield Stormy(proxy, clients, resources, queues)


@pytest.fixture
def stormy(shared: Stormy) -> Iterator[Stormy]:
    yield shared
    shared.sky.weather = CALM
    shared.direct.sqs.purge_queue(QueueUrl=shared.queue_url)


def test_without_faults_requests_pass_unchanged(stormy: Stormy) -> None:
    stormy.put("plain")
    assert stormy.s3.get_object(Bucket=stormy.bucket, Key="plain")["Body"].read() == BODY
    assert stormy.s3.head_object(Bucket=stormy.bucket, Key="plain")["ContentLength"] == len(BODY)


def test_a_lost_answer_is_that_of_an_effect(stormy: Stormy) -> None:
    stormy.set(Fault.LOST)
    with pytest.raises(BotoCoreError):
        stormy.put("lost")
    assert stormy.has("lost")


def test_a_reset_request_has_no_effect(stormy: Stormy) -> None:
    stormy.set(Fault.RESET)
    with pytest.raises(BotoCoreError):
        stormy.put("reset")
    assert not stormy.has("reset")


def test_a_cut_body_is_noticed(stormy: Stormy) -> None:
    stormy.put("cut")
    stormy.set(Fault.CUT)
    with pytest.raises(BotoCoreError):
        stormy.s3.get_object(Bucket=stormy.bucket, Key="cut")["Body"].read()


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.THROTTLE])
def test_errors_have_the_codes_of_each_service(stormy: Stormy, fault: Fault) -> None:
    expected = {
        Fault.ERROR: {
            *("InternalError", "ServiceUnavailable", "InternalFailure"),
            *("InternalServerError", "ServiceUnavailableException"),
        },
        Fault.THROTTLE: {
            *("SlowDown", "RequestThrottled"),
            *("ThrottlingException", "ProvisionedThroughputExceededException"),
        },
    }
    stormy.set(fault)
    calls = (
        lambda: stormy.put("error"),
        lambda: stormy.sqs.get_queue_attributes(QueueUrl=stormy.queue_url),
        lambda: stormy.dynamodb.get_item(TableName=stormy.table, Key={"pk": {"S": "a"}}),
    )
    for call in (*calls, *calls, *calls):
        with pytest.raises(ClientError) as raised:
            call()
        assert raised.value.response["Error"]["Code"] in expected[fault]


def test_a_conflict_names_its_reason(stormy: Stormy) -> None:
    stormy.set(Fault.CONFLICT)
    with pytest.raises(ClientError) as raised:
        stormy.dynamodb.transact_write_items(
            TransactItems=[{"Put": {"TableName": stormy.table, "Item": {"pk": {"S": "conflict"}}}}]
        )
    assert "TransactionConflict" in json.dumps(raised.value.response)
    assert raised.value.response["Error"]["Code"] == "TransactionCanceledException"


def test_a_deleted_message_is_delivered_again(stormy: Stormy) -> None:
    stormy.sqs.send_message(QueueUrl=stormy.queue_url, MessageBody="once")
    assert stormy.receive() == ["once"]
    stormy.set(Fault.DUPLICATE)
    assert stormy.receive() == ["once"]


def test_reordered_messages_lose_one_for_later(stormy: Stormy) -> None:
    for number in range(4):
        stormy.sqs.send_message(QueueUrl=stormy.queue_url, MessageBody=str(number))
    stormy.set(Fault.REORDER)
    assert sorted(stormy.receive()) in (["1", "2", "3"], ["0", "2", "3"], ["0", "1", "3"], ["0", "1", "2"])


def test_a_process_has_a_clock_of_its_own() -> None:
    code = "import datetime, time; print(time.time(), datetime.datetime.now(datetime.UTC).timestamp())"
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).with_name("clock")),
        "WORKER_NAME": "worker-2",
        "FAULTS_CLOCKS": "worker-1=9,worker-2=-50000",
    }

    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    shown = [float(part) for part in said.stdout.split()]
    assert len(shown) == 2
    for seconds in shown:
        assert time.time() - seconds > 49_000
