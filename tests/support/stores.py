"""Stores of the actions on single videos, on the resources of a test."""

from dataclasses import dataclass

from services.api.actions.dead_letters import DeadLetterStore
from services.aws.bucket import Bucket
from services.aws.queue import MessageQueue
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, parse_notification
from tests.support.place import Place


@dataclass(frozen=True)
class PlaceStores:
    bucket: Bucket
    videos: VideosTable
    queue: MessageQueue
    dead_letters: DeadLetterStore


def stores_of(place: Place, bucket: Bucket | None = None) -> PlaceStores:
    letters = DeadLetterStore(place.queue, place.dead_letters)
    return PlaceStores(bucket or place.bucket, place.videos, place.queue, letters)


def empty_queue(place: Place) -> None:
    """Delete the messages that wait in the queue."""
    while messages := place.queue.receive(10, wait_s=0, visibility_timeout_s=600):
        place.queue.delete_all(messages)


def sent_events(place: Place) -> list[UploadEvent]:
    """Return the events that wait in the queue, and hide them."""
    sent = place.queue.receive(10, wait_s=1, visibility_timeout_s=600)
    return [event for message in sent for event in parse_notification(message.body)]
