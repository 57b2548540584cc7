"""Numbers out of counts and times."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.access.limiter import FailureLimiter
from services.api.live import figures
from services.api.live.figures import Samples, StateSample, WorkSpan

NOW_S = 1_800_000_000
NOW = datetime.fromtimestamp(NOW_S, UTC)


def a_sample(age_s: int, *, ended: int = 0, visible: int = 1) -> StateSample:
    return StateSample(NOW_S - age_s, visible, 0, 0, 0, ended)


def followed(per_step: int, for_s: int) -> Samples:
    """Return samples of a pipeline that finishes a constant number of videos every five seconds."""
    samples = Samples()
    for age_s in range(for_s, -1, -figures.STEP_S):
        samples = samples.with_sample(a_sample(age_s, ended=(for_s - age_s) // figures.STEP_S * per_step))
    return samples


def test_samples_go_back_five_minutes_and_minutes_an_hour() -> None:
    samples = followed(1, 2 * 3600)
    assert len(samples.recent) == 61
    assert samples.recent[0].at_s == NOW_S - 300
    assert 60 <= len(samples.minutes) <= 61
    assert samples.minutes[0][0] >= NOW_S - 3600
    assert Samples.from_json(samples.to_json()) == samples
    assert Samples.from_json(None) == Samples()


def test_samples_of_two_processes_become_one_series() -> None:
    whole = followed(1, 60)
    halves = [Samples(whole.recent[start::2], whole.minutes) for start in (0, 1)]
    assert halves[0].merged(halves[1]) == whole


@pytest.mark.parametrize("for_s", [7200, 1805])
def test_throughput_is_the_growth_of_what_has_ended(for_s: int) -> None:
    samples = followed(1, for_s)
    rate = figures.measure_throughput(samples, samples.recent[-1].ended, NOW_S)
    assert rate.last_1_min == pytest.approx(12, rel=0.1)
    assert rate.last_5_min == pytest.approx(12, rel=0.05)
    assert rate.last_60_min == pytest.approx(12, rel=0.05)


def test_throughput_is_unknown_until_half_of_its_time() -> None:
    rate = figures.measure_throughput(followed(1, 105), 21, NOW_S)
    assert rate.last_1_min is not None
    assert (rate.last_5_min, rate.last_60_min) == (None, None)
    assert figures.measure_throughput(followed(1, 155), 31, NOW_S).last_5_min == pytest.approx(12, rel=0.05)


def test_throughput_is_unknown_at_first_and_never_negative() -> None:
    assert figures.measure_throughput(followed(1, 30), 100, NOW_S).last_1_min is None
    assert figures.measure_throughput(Samples(), 100, NOW_S).last_60_min is None
    assert figures.measure_throughput(followed(1, 600), 0, NOW_S).last_5_min == 0


def test_latency_is_of_the_latest_hundred() -> None:
    old = [(NOW - timedelta(days=2), NOW - timedelta(days=1))] * 50
    new = [(NOW - timedelta(seconds=seconds), NOW) for seconds in range(1, 101)]
    found = figures.measure_latency([*old, *new])
    assert (found.p50_s, found.p95_s) == (50, 95)
    assert figures.measure_latency([]).p50_s is None


def a_span(worker: str, start_s: float, end_s: float) -> WorkSpan:
    return WorkSpan(worker, NOW + timedelta(seconds=start_s), NOW + timedelta(seconds=end_s))


def test_the_drain_is_estimated_from_running_workers() -> None:
    # Two videos in 2 s an hour ago, and one in 1 s now: a second for each.
    spans = [a_span("a", -3602, -3601), a_span("b", -3601, -3600), a_span("a", -1, 0)]
    assert figures.estimate_drain_s(120, 2, spans) == 60
    assert figures.estimate_drain_s(120, 4, spans) == 30
    assert figures.estimate_drain_s(0, 0, []) == 0
    assert figures.estimate_drain_s(5, 0, spans) is None
    assert figures.estimate_drain_s(5, 2, []) is None


def test_the_drain_counts_parallel_videos_of_a_worker_once() -> None:
    spans = [a_span("a", 0, 4), a_span("a", 1, 4), a_span("a", 2, 3), a_span("a", 10, 14)]
    assert figures.estimate_drain_s(10, 1, spans) == 20


def test_oldest_age_counts_from_last_receive_or_empty_queue() -> None:
    samples = Samples((a_sample(100, visible=0), a_sample(50), a_sample(5)))
    taken = [NOW - timedelta(seconds=70), NOW - timedelta(seconds=300)]
    assert figures.estimate_oldest_age_s(NOW_S, 3, samples, taken) == 70
    assert figures.estimate_oldest_age_s(NOW_S, 3, samples, []) == 100
    assert figures.estimate_oldest_age_s(NOW_S, 3, Samples(), []) is None
    assert figures.estimate_oldest_age_s(NOW_S, 0, samples, taken) is None


def test_failures_expire_singly_and_addresses_are_limited() -> None:
    clock = [0.0]
    limiter = FailureLimiter(lambda: clock[0])
    for _ in range(10):
        assert limiter.wait_s("a") == 0
        limiter.add_failure("a")
    assert limiter.wait_s("a") == 6
    assert limiter.wait_s("b") == 0
    clock[0] = 6.0
    assert limiter.wait_s("a") == 0
    limiter.add_failure("a")
    assert limiter.wait_s("a") == 6
    for number in range(30_000):
        limiter.add_failure(str(number))
    assert limiter.wait_s("a") == 0
