"""Counters of ended videos: by state and reason, and histograms of their times. Pure.

The transaction that writes the end of a video adds to them, next to the totals: a video is counted exactly once for
each end of its processing. They only grow. Their names in the table begin with `END_PREFIX`; here they have none:
`done`, `degraded`, `failed_<reason>`, `q<bucket>` and `t<bucket>` for the time in the queue and the time to the
thumbnails, `q_ms` and `t_ms` for the sums of these times.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.statistics.histogram import find_bucket
from services.contract.statistics.totals import END_PREFIX, ENDED, has_just_ended

Ends = Mapping[str, int]
"""Counters by name. A counter that is zero is absent."""

FAILED_PREFIX = "failed_"
QUEUE, THUMBNAILS = "q", "t"
"""Names of the two histograms: time from the message to the attempt that ended, and to the thumbnails."""


def count_end(before: VideoRecord | None, after: VideoRecord) -> dict[str, int]:
    """Return the changes of the growing counters when `after` replaces `before`, under their names in the table.

    A record that no worker wrote has no message: a reindex has restored it, and its end was counted at its time. A
    video that was deleted while it was processed has neither succeeded nor failed.
    """
    if not has_just_ended(before, after) or after.finished_at is None:
        return {}
    changes = {ENDED: 1}
    if not after.message_id or after.reason_code is ReasonCode.DELETED or after.state is VideoState.DELETED:
        return changes
    ends: dict[str, int] = {}
    # A regeneration that failed, after which the record has its earlier result, is the latest attempt.
    ended = after.attempts[-1]
    if ended.state is VideoState.FAILED:
        ends[f"{FAILED_PREFIX}{ended.reason_code or ReasonCode.INTERNAL}"] = 1
    elif after.state in (VideoState.DONE, VideoState.DEGRADED):
        ends[after.state.value] = 1
        for name, time in ((QUEUE, after.started_at), (THUMBNAILS, after.finished_at)):
            # The clocks of SQS and the worker can differ.
            took = max(timedelta(0), time - after.queued_at)
            ends[f"{name}{find_bucket(took.total_seconds())}"] = 1
            ends[f"{name}_ms"] = round(took.total_seconds() * 1000)
    return changes | {f"{END_PREFIX}{name}": count for name, count in ends.items()}


def select_ends(counters: Mapping[str, int]) -> dict[str, int]:
    """Return the counters of ended videos among all counters of the table."""
    return {name.removeprefix(END_PREFIX): count for name, count in counters.items() if name.startswith(END_PREFIX)}


def subtract_ends(after: Ends, before: Ends) -> dict[str, int]:
    """Return the growth of the counters. A counter that is smaller, as in another table's backup, has not grown."""
    return {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}


def add_ends(parts: Iterable[Ends]) -> dict[str, int]:
    """Return the sum of counters, histograms included."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def read_failures(ends: Ends) -> dict[ReasonCode, int]:
    """Return the failed videos by reason, the most frequent first. An unknown reason of a later version is internal."""
    known = set(ReasonCode)
    failures: Counter[ReasonCode] = Counter()
    for name, count in ends.items():
        if name.startswith(FAILED_PREFIX):
            code = name.removeprefix(FAILED_PREFIX)
            failures[ReasonCode(code) if code in known else ReasonCode.INTERNAL] += count
    return dict(failures.most_common())


def read_histogram(ends: Ends, name: str) -> dict[int, int]:
    """Return the counts of a histogram by bucket."""
    return {
        int(bucket): count
        for key, count in ends.items()
        if key.startswith(name) and (bucket := key.removeprefix(name)).isdecimal()
    }
