"""The switch of processing as the api shows it. Pure."""

from datetime import datetime, timedelta

from services.api.schema.models import Processing
from services.aws.queue import Depth
from services.aws.table.processing import Switch

_RISKY_SHARE = 4
"""A pause is risky in the last of so many parts of the retention."""


def show_processing(switch: Switch, queue: Depth | None, oldest_at: datetime | None, now: datetime) -> Processing:
    """Return the state of the switch. `oldest_at` is a time before which no message in the queue was sent.

    In a long pause, the samples of the queue no longer reach back to its beginning: the switch keeps the bound from
    then, and the later of both bounds holds.
    """
    waiting = queue.visible + queue.in_flight + queue.delayed if queue else None
    known = [time for time in (switch.oldest_at, oldest_at) if time is not None]
    expires_at = None
    if switch.paused and queue and waiting and known:
        expires_at = max(now, max(known) + timedelta(seconds=queue.retention_s))
    return Processing(
        paused=switch.paused,
        changed_at=switch.changed_at,
        changed_by=switch.changed_by,
        waiting=waiting,
        retention_s=queue.retention_s if queue else None,
        oldest_expires_at=expires_at,
        at_risk=bool(queue and expires_at and expires_at - now < timedelta(seconds=queue.retention_s / _RISKY_SHARE)),
    )
