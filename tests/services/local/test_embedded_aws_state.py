"""The saved state of the embedded AWS: how much of its time it spends on saving."""

import pytest

from services.local.embedded_aws.state import SAVE_EVERY_S, find_pause_s


@pytest.mark.parametrize("blocked_s", [0.0, 0.01, 0.5])
def test_a_small_state_is_saved_every_two_seconds(blocked_s: float) -> None:
    assert find_pause_s(blocked_s) == SAVE_EVERY_S == 2.0


def test_a_large_state_leaves_four_fifths_to_requests() -> None:
    assert find_pause_s(8.0) == pytest.approx(32.0)
