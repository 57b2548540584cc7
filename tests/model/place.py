"""The simulated AWS in place of the embedded one: the same tests of the protocol, without a process or a socket."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from services.api.actions import purge, purge_run
from services.aws import ranges
from services.aws.clients import Clients
from services.contract.resources import PipelineResources
from services.local.provision import QueueUrls
from tests.model.aws.calls import Boundary
from tests.model.aws.dynamodb import SimulatedDynamoDb
from tests.model.aws.requests import check_requests
from tests.model.aws.s3 import SimulatedBucket, SimulatedS3
from tests.model.aws.sqs import SimulatedQueue, SimulatedSqs
from tests.support.place import Place

ENDPOINT = "https://sqs.simulated"


@contextmanager
def simulated_place(resources: PipelineResources) -> Iterator[Place]:
    """Yield a place whose calls have their effect at once, and whose clients check requests as boto3 does."""
    boundary = Boundary()
    urls = QueueUrls(f"{ENDPOINT}/queue", f"{ENDPOINT}/dead")
    queue = SimulatedQueue(urls.url, most_receives=resources.queue.max_receive_count, dead=urls.dead_letter_url)
    sqs = SimulatedSqs(boundary, [queue, SimulatedQueue(urls.dead_letter_url)])

    def notify(key: str, body: str) -> None:
        if key.startswith(resources.notification.prefix):
            sqs.put(urls.url, body)

    s3 = SimulatedS3(boundary, [SimulatedBucket(resources.bucket)], notify=notify)
    dynamodb = SimulatedDynamoDb(boundary)
    check_requests(s3, "s3")
    check_requests(sqs, "sqs")
    check_requests(dynamodb, "dynamodb", table=resources.table.name)
    clients: Any = Clients(s3, sqs, dynamodb)  # type: ignore[arg-type]

    def request_range(_: str, url: str, asked: dict[str, str]) -> Any:
        return s3.request_range(url, asked)

    skipping = SimpleNamespace(time=time.time, monotonic=lambda: time.monotonic() + boundary.skipped_s)
    skipping.sleep = boundary.skip
    with ExitStack() as stack:
        stack.enter_context(patch.object(ranges, "_request_range", request_range))
        for module in (purge, purge_run):
            stack.enter_context(patch.object(module, "time", skipping))
        yield Place(ENDPOINT, clients, resources, urls)
