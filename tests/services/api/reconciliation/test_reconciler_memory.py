"""Memory and requests of a dry run over generated listings."""

import tracemalloc
from collections.abc import Iterator

import pytest

from benchmarks.reconcile.generated import EVERY, GeneratedBucket, make_context
from services.api.reconciliation.changes import CountingChanges, Tally
from services.api.reconciliation.key_filter import KeyFilter
from services.api.reconciliation.reconciler import Reconciler

_PAGE = 50


def plan(videos: int, filtered: KeyFilter) -> tuple[Tally, GeneratedBucket]:
    """Run the four steps of a dry run."""
    tally = Tally({}, "", lambda: None)
    context = make_context(videos, page=_PAGE)
    reconciler = Reconciler(context, CountingChanges(tally), filtered)
    reconciler.list_uploads()
    reconciler.find_gone_records()
    reconciler.find_surplus(removes=True)
    reconciler.find_missing(after="")
    assert isinstance(context.bucket, GeneratedBucket)
    return tally, context.bucket


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_memory_and_pages_are_independent_of_the_keys() -> None:
    # What is cached once does not count.
    plan(300, KeyFilter(b"salt", bits=2**17))
    peaks = []
    for videos in (300, 1500):
        filtered = KeyFilter(b"salt", bits=2**17)
        tracemalloc.reset_peak()
        tally, bucket = plan(videos, filtered)
        peaks.append(tracemalloc.get_traced_memory()[1])

        assert bucket.pages_read <= (2 + 3) * videos // _PAGE
        each = videos // EVERY
        counts = tally.counts
        # Two of the numbers have no record: one is a video, the other has an upload as well.
        assert (counts["missing"], counts["outdated"], counts["gone"]) == (2 * each, each, each)
        assert (counts["surplus"], counts["kept"]) == (9 * each, videos - 4 * each)

    assert peaks[1] < 1.3 * peaks[0]


def test_the_filter_forgets_no_key_and_seldom_invents_one() -> None:
    filtered = KeyFilter(b"salt", bits=2**18)
    for number in range(4000):
        filtered.add(f"uploads/{number}.mp4")

    assert all(f"uploads/{number}.mp4" in filtered for number in range(4000))
    assert sum(f"uploads/{number}.mov" in filtered for number in range(4000)) <= 4


def test_two_filters_make_different_mistakes() -> None:
    mistakes = []
    for salt in (b"one", b"two"):
        filtered = KeyFilter(salt, bits=2**10)
        for number in range(200):
            filtered.add(f"uploads/{number}.mp4")
        mistakes.append({number for number in range(500) if f"uploads/{number}.mov" in filtered})

    assert mistakes[0] != mistakes[1]
