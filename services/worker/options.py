"""Options that a person has chosen for one video, in place of the worker's settings. Pure."""

from services.contract.events import UploadEvent
from services.contract.records import VideoRecord
from services.contract.thumbnails import ThumbnailOverrides


def choose_overrides(event: UploadEvent, before: VideoRecord | None, etag: str) -> ThumbnailOverrides | None:
    """Return the options for an attempt at the content `etag`; None if the settings hold.

    A regeneration brings its own, or none. Every other event, such as a retry or an upload of the same content, keeps
    those of the record. A pinned poster stays until a regeneration brings another one, or `auto`.
    """
    kept = before.options if before is not None and before.etag == etag else None
    if not event.is_regeneration and event.options is None:
        return kept
    chosen = event.options or ThumbnailOverrides()
    # A time is one of the content that the person has seen.
    pinned = chosen.poster_time_s if event.etag == etag else None
    if pinned is None and kept is not None:
        pinned = kept.poster_time_s
    if pinned == chosen.poster_time_s != "auto":
        return event.options
    chosen = chosen.model_copy(update={"poster_time_s": None if pinned == "auto" else pinned})
    return chosen if chosen.model_dump(exclude_none=True) else None
