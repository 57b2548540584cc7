"""Options that a person has chosen for one video, in place of the worker's settings. Pure."""

from services.contract.events import UploadEvent
from services.contract.records import VideoRecord
from services.contract.thumbnails import ThumbnailOverrides


def choose_overrides(event: UploadEvent, before: VideoRecord | None, etag: str) -> ThumbnailOverrides | None:
    """Return the options for an attempt at the content `etag`; None if the settings hold.

    A regeneration brings its own, or none. Every other event, such as a retry or an upload of the same content, keeps
    those of the record.
    """
    if event.is_regeneration or event.options is not None:
        return event.options
    return before.options if before is not None and before.etag == etag else None
