"""The switch of processing in the videos table: workers receive no videos while it is off."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.aws.errors import ServiceError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.contract.resources import PROCESSING_KEY

_ATTEMPTS = 5


class Switch(BaseModel):
    """Content of the switch."""

    model_config = ConfigDict(frozen=True)

    paused: bool = False
    changed_at: AwareDatetime | None = None
    """Time of the latest change; None if there was none."""
    changed_by: str | None = None
    """Name of the person or program that made it; None if the caller has no name."""
    oldest_at: AwareDatetime | None = None
    """Time before which no message was sent that waited when the pause began; None if not known, or not paused."""


def parse_processing(document: Document) -> Switch:
    return Switch.model_validate(document.content or {})


def read_processing(shared: SharedItems) -> Switch:
    """Read the switch. Raises: ServiceError."""
    return parse_processing(shared.document(PROCESSING_KEY))


def switch_processing(
    shared: SharedItems, *, paused: bool, by: str | None, now: datetime, oldest_at: datetime | None
) -> Switch:
    """Pause or resume, and return the state of the switch.

    If it is so already, nothing changes: a pause keeps its time and the name of who began it. Raises: ServiceError.
    """
    for _ in range(_ATTEMPTS):
        before = shared.document(PROCESSING_KEY)
        found = parse_processing(before)
        if found.paused == paused:
            return found
        after = Switch(paused=paused, changed_at=now, changed_by=by, oldest_at=oldest_at if paused else None)
        try:
            shared.write(PROCESSING_KEY, before, after.model_dump(mode="json"))
        except WriteConflictError:
            continue
        return after
    raise ServiceError("switch processing: other processes keep changing it")
