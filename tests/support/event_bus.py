"""A bus of the embedded AWS whose events arrive in a queue."""

import json
from typing import Any

import boto3

from services.aws.clients import Clients
from services.aws.event_bus import make_events_client
from services.contract.resources import EVENT_SOURCE
from services.local.pipeline import REGION
from services.local.provision import provision_event_bus

BUS = "thumbnails"
CREDENTIALS = ("test", "test")


class TargetedBus:
    """A bus, and a queue that gets its events by a rule."""

    def __init__(self, endpoint: str, clients: Clients) -> None:
        for _ in range(2):
            provision_event_bus(endpoint, BUS, region=REGION, credentials=CREDENTIALS)
        self._sqs = clients.sqs
        self._url = clients.sqs.create_queue(QueueName=f"{BUS}-target")["QueueUrl"]
        attributes = clients.sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        key_id, secret = CREDENTIALS
        session: Any = boto3.Session(region_name=REGION, aws_access_key_id=key_id, aws_secret_access_key=secret)
        events = session.client("events", endpoint_url=endpoint)
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": [EVENT_SOURCE]}))
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
        self.client = make_events_client(REGION, connections=2, endpoint=endpoint, credentials=CREDENTIALS)

    def arrived(self) -> list[dict[str, Any]]:
        """Return the events that the queue has got, and remove them from it."""
        found = []
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found
