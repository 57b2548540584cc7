"""Totals over all records: the share of each record, and the change when one record replaces another. Pure."""

from collections.abc import Mapping

from services.contract.records import VideoRecord

Totals = Mapping[str, int]
"""Counters over all records: `videos_<state>`, `thumbnails`, `upload_bytes`, `thumbnail_bytes`."""

ENDED = "ended"
"""Name of the counter of finished videos. It only grows; its growth is the throughput."""

WRITES = "writes"
"""Name of the counter of changes of the totals. It only grows; a sum over all records holds if it has not changed."""

END_PREFIX = "e_"
"""Beginning of the names of the counters in `services.contract.statistics.ends`. They only grow."""


def is_growing(name: str) -> bool:
    """Return True for a counter that only grows: it is no sum over the records."""
    return name in (ENDED, WRITES) or name.startswith(END_PREFIX)


def drop_counters(counters: Mapping[str, int]) -> Totals:
    """Return the totals without the counters that only grow."""
    return {name: count for name, count in counters.items() if not is_growing(name)}


def has_just_ended(before: VideoRecord | None, after: VideoRecord) -> bool:
    """Return True if replacing `before` by `after` finishes the processing of the video."""
    return after.finished_at is not None and (before is None or before.finished_at is None)


def share_of_totals(record: VideoRecord | None) -> dict[str, int]:
    """Return the counts that one record adds to the totals; empty without a record."""
    if record is None:
        return {}
    sizes = [thumbnail.size_bytes for thumbnail in record.thumbnails]
    sizes += [one.size_bytes for one in (record.storyboard,) if one]
    sizes += [one.size_bytes for one in (record.preview,) if one]
    sizes += [one.size_bytes for one in (record.poster,) if one]
    sizes += [one.size_bytes for one in (record.manifest,) if one]
    return {
        f"videos_{record.state}": 1,
        "thumbnails": len(record.thumbnails),
        "upload_bytes": record.size_bytes,
        "thumbnail_bytes": sum(sizes),
    }


def change_of_totals(before: VideoRecord | None, after: VideoRecord | None) -> dict[str, int]:
    """Return the changes of the totals when `after` replaces `before`, without counters that do not change."""
    old, new = share_of_totals(before), share_of_totals(after)
    changes = {name: new.get(name, 0) - old.get(name, 0) for name in {*old, *new}}
    return {name: change for name, change in sorted(changes.items()) if change}
