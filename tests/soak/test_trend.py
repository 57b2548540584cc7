"""The trend of a soak finds growth, and no growth in noise."""

import random
from xml.etree import ElementTree as ET

import pytest

from tests.soak.measure import Sample
from tests.soak.plot import draw_plot
from tests.soak.trend import TooFewSamplesError, Trend, compute_trends

WARM_UP_S = 100.0


def make_samples(*, growth: float = 0.0, descriptors: float = 0.0, start_kb: int = 100_000) -> list[Sample]:
    """Return 200 samples with noise, of which 100 follow the warm-up; shares of growth are of its first figure."""
    dice = random.Random(1)  # noqa: S311 - noise
    return [
        Sample(
            float(at_s),
            round(start_kb * (1 + growth * max(0, at_s - WARM_UP_S) / 100 + dice.uniform(-0.01, 0.01))),
            round(40 + 40 * descriptors * max(0, at_s - WARM_UP_S) / 100),
        )
        for at_s in range(200)
    ]


def find_flat(samples: list[Sample]) -> dict[str, bool]:
    return {trend.figure: trend.is_flat for trend in compute_trends({"api": samples}, warm_up_s=WARM_UP_S)}


def test_noise_is_flat() -> None:
    assert find_flat(make_samples()) == {"memory in MiB": True, "descriptors": True}


def test_memory_that_grows_by_a_tenth_is_found() -> None:
    assert find_flat(make_samples(growth=0.1)) == {"memory in MiB": False, "descriptors": True}


def test_descriptors_that_are_not_closed_are_found() -> None:
    assert find_flat(make_samples(descriptors=0.2)) == {"memory in MiB": True, "descriptors": False}


def test_growth_during_the_warm_up_is_ignored() -> None:
    samples = [Sample(float(at_s), 100 * min(at_s, 100), 10) for at_s in range(200)]
    assert find_flat(samples) == {"memory in MiB": True, "descriptors": True}


def test_a_moment_with_much_memory_is_no_growth() -> None:
    samples = make_samples()
    samples[-5:] = [Sample(sample.at_s, sample.memory_kb * 3, sample.descriptors) for sample in samples[-5:]]
    assert find_flat(samples)["memory in MiB"]


def test_one_more_descriptor_of_a_few_is_flat() -> None:
    samples = [Sample(float(at_s), 100, 8 + (at_s > 150)) for at_s in range(200)]
    assert find_flat(samples)["descriptors"]


def test_a_short_run_has_no_trend() -> None:
    with pytest.raises(TooFewSamplesError, match="api has 3 samples"):
        compute_trends({"api": make_samples()[:103]}, warm_up_s=WARM_UP_S)


def test_growth_is_shown_in_percent() -> None:
    assert Trend("api", "descriptors", 40, 50, is_flat=False).growth_pct == 25


def test_the_plot_has_two_lines_for_each_process() -> None:
    plot = ET.fromstring(draw_plot({"a<b": make_samples(), "api": make_samples()}, warm_up_s=WARM_UP_S))  # noqa: S314 - our own text
    lines = plot.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [200] * 4
