"""Deliberate bugs in the events about videos, which the model finds."""

from tests.model.planting import Bug

_VIDEOS = "services.aws.videos"

EVENT_BUGS = (
    Bug(
        "an event is written after its record",
        _VIDEOS,
        "        run_transaction(self._dynamodb, [*items, *self._fence], action=action)\n",
        "        late = [one for one in items if 'event:' in str(one.get('Put', {}).get('Item', {}).get('pk'))]\n"
        "        first = [one for one in items if one not in late]\n"
        "        run_transaction(self._dynamodb, [*first, *self._fence], action=action)\n"
        "        if late:\n"
        "            run_transaction(self._dynamodb, late, action=action)\n",
        "a video that has ended has no event, as its worker was killed in between",
        has_events=True,
        found_by=14,
    ),
    Bug(
        "each write of an ended record is an event",
        _VIDEOS,
        "(end := find_end(before, written))",
        "(end := find_end(None, written))",
        "an end has two events",
        has_events=True,
        found_by=32,
    ),
    Bug(
        "a removal is no event",
        _VIDEOS,
        "        if self._events and left:\n",
        "        if False:\n",
        "a deleted video has no event of its deletion",
        has_events=True,
        found_by=2,
    ),
)
