"""The simulation of many workers on one table: its rules, and what it shows."""

import random

import pytest

from benchmarks.table.dynamodb import Outcome, Table
from benchmarks.table.plot import draw_plot
from benchmarks.table.workers import EXTRACTION_MEAN_S, OLD, SLOTS, Simulation


def a_table() -> Table:
    return Table(random.Random(1))  # noqa: S311 - a simulation


def test_a_transaction_on_an_item_in_flight_is_cancelled() -> None:
    table = a_table()
    first, answer_s = table.write(0.0, "totals", {})
    second, _ = table.write(answer_s / 2, "totals", {})
    other, _ = table.write(answer_s / 2, "totals#1", {})
    later, _ = table.write(answer_s, "totals", {})

    assert [first, second, other, later] == [Outcome.DONE, Outcome.CONFLICT, Outcome.DONE, Outcome.DONE]


@pytest.mark.parametrize(("units", "expected"), [(2.0, 500), (4.0, 250)])
def test_a_partition_takes_a_thousand_units_a_second(units: float, expected: int) -> None:
    table = a_table()
    # After the stored units of one second: other items of totals, one partition of the index.
    outcomes = [
        table.write(second + number / 1000, f"totals#{number}", {"done": units})[0]
        for second in range(4)
        for number in range(1000)
    ]

    done = [outcomes[1000 * second : 1000 * (second + 1)].count(Outcome.DONE) for second in range(4)]
    assert done[2] == pytest.approx(expected, abs=2)
    assert Outcome.CONFLICT not in outcomes


def test_a_simulation_repeats_with_its_seed() -> None:
    results = [Simulation(20, 2, warm_up_s=5, measured_s=5, seed=seed).run() for seed in (3, 3, 4)]

    assert results[0] == results[1]
    assert results[0] != results[2]
    assert results[0].videos > 0


def test_shards_let_many_workers_finish_what_they_extract() -> None:
    before = Simulation(100, 1, OLD, warm_up_s=10, measured_s=10).run()
    after = Simulation(100, 32, warm_up_s=10, measured_s=10).run()
    possible = 100 * SLOTS / EXTRACTION_MEAN_S

    assert before.videos_per_s < 0.1 * possible
    assert before.given_up > before.videos
    assert after.videos_per_s > 0.9 * possible
    assert after.given_up == 0


def test_a_plot_has_a_line_and_a_label_per_series() -> None:
    svg = draw_plot({"limit": [(5, 10.0), (10, 20.0)], "8 shards": [(5, 9.0), (10, 17.0)]})

    assert svg.count("<polyline") == 2
    assert "8 shards" in svg
    assert svg.endswith("</svg>\n")
