"""The poster of a video that a person has chosen: a worker makes it with the next attempt, and keeps it."""

from services.api.actions.lost_pictures import has_pictures
from services.api.actions.retries import regenerate_record
from services.api.actions.stores import Stores
from services.api.schema.poster_models import PosterChoice
from services.api.schema.problems import ConflictError
from services.contract.records import VideoRecord
from services.contract.thumbnails import PosterTime, ThumbnailOverrides


def change_poster(stores: Stores, record: VideoRecord, choice: PosterChoice | None) -> None:
    """Queue a video for the poster of a choice, or for an automatic one. Its other options stay.

    The worker writes the choice with its claim, which only succeeds if the record is the one that it has read.
    Raises: ConflictError, AwsError.
    """
    if not has_pictures(record):
        raise ConflictError("The video has no thumbnails. Choose its poster when it is done.")
    overrides = record.options or ThumbnailOverrides()
    time_s: PosterTime = _find_time(record, choice) if choice else "auto"
    regenerate_record(stores, record, overrides.model_copy(update={"poster_time_s": time_s}))


def _find_time(record: VideoRecord, choice: PosterChoice) -> float:
    if choice.time_s is not None:
        if record.duration_s is not None and choice.time_s > record.duration_s:
            raise ConflictError(f"The video ends at {record.duration_s:g} s. Choose an earlier time.")
        return choice.time_s
    candidates = record.poster.candidates if record.poster else ()
    if choice.candidate is None or choice.candidate > len(candidates):
        raise ConflictError(f"The video has {len(candidates)} candidates. Choose one of them, or a time.")
    return candidates[choice.candidate - 1].time_s
