"""Stores of the actions on single videos, on the resources of a test."""

from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.stores import GivenStores
from services.aws.bucket import Bucket
from services.contract.events import UploadEvent, parse_notification
from tests.support.place import Place


def stores_of(place: Place, bucket: Bucket | None = None) -> GivenStores:
    letters = DeadLetterStore(place.queue, place.dead_letters)
    return GivenStores(bucket or place.bucket, place.videos, place.queue, letters)


def empty_queue(place: Place) -> None:
    """Delete the messages that wait in the queue."""
    while messages := place.queue.receive(10, wait_s=0, visibility_timeout_s=600):
        place.queue.delete_all(messages)


def sent_events(place: Place) -> list[UploadEvent]:
    """Return the events that wait in the queue, and hide them."""
    sent = place.queue.receive(10, wait_s=1, visibility_timeout_s=600)
    return [event for message in sent for event in parse_notification(message.body)]
