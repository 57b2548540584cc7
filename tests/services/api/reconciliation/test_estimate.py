"""The estimate of a reconciliation."""

from services.api.reconciliation.estimate import PRICES, VIDEO, make_estimate
from services.api.schema.reconciliation_models import ReconciliationCounts
from stacks.cost.prices import load_prices


def test_prices_are_those_of_the_cost_command() -> None:
    known = load_prices()
    assert {name: getattr(known.usd, name) for name in PRICES} == PRICES
    assert known.assumed.reads == VIDEO["reads"]
    assert known.assumed.work_s == VIDEO["work_s"]


def test_time_grows_with_the_videos_and_shrinks_with_the_window() -> None:
    counts = ReconciliationCounts(missing=600, lost=400)
    assert make_estimate(counts, window=2, video_s=None).seconds == 1000
    assert make_estimate(counts, window=10, video_s=3).seconds == 300
    assert make_estimate(counts, window=10, video_s=0.2).seconds == 100


def test_a_million_videos_cost_some_tens_of_dollars() -> None:
    counts = ReconciliationCounts(uploads=1_000_000, missing=1_000_000)
    assert 40 < make_estimate(counts, window=2, video_s=None).usd < 90
