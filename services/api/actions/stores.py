"""Stores that the actions on single videos change: of a request, or of a job in the background."""

from dataclasses import dataclass
from typing import Protocol

from services.api.actions.dead_letters import DeadLetterStore
from services.aws.bucket import Bucket, ObjectInfo
from services.aws.errors import ObjectMissingError
from services.aws.queue import MessageQueue
from services.aws.videos import VideosTable
from services.contract.records import VideoState


class Stores(Protocol):
    @property
    def bucket(self) -> Bucket: ...

    @property
    def videos(self) -> VideosTable: ...

    @property
    def queue(self) -> MessageQueue: ...

    @property
    def dead_letters(self) -> DeadLetterStore: ...


@dataclass(frozen=True)
class GivenStores:
    bucket: Bucket
    videos: VideosTable
    queue: MessageQueue
    dead_letters: DeadLetterStore


def find_object(bucket: Bucket, key: str) -> ObjectInfo | None:
    """Return the object under a key, None if there is none. Raises: ServiceError."""
    try:
        return bucket.head(key)
    except ObjectMissingError:
        return None


def needs_no_letter(stores: Stores, key: str) -> bool:
    """Return True if a received dead letter of a video may be discarded. Raises: ServiceError.

    It may not if the video has failed since: a worker sends the letter before it writes the record.
    """
    record = stores.videos.get(key)
    if record is None:
        return find_object(stores.bucket, key) is None
    return record.state in (VideoState.DELETED, VideoState.DISMISSED)
