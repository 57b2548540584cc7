"""Stacks are deployed as soon as those before them are there, and destroyed the other way round."""

import threading

import pytest

from stacks.naming import StackId
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.parallel import run_in_order
from stacks.rehearse.steps import deployment_order


def test_independent_items_run_at_the_same_time() -> None:
    # Nobody passes before both are there.
    meeting = threading.Barrier(2, timeout=60)
    run_in_order({"core": (), "dns": ()}, lambda _stack: meeting.wait())


def test_an_item_starts_when_those_before_it_are_done() -> None:
    done: list[str] = []
    core_is_done = threading.Event()

    def deploy(stack: str) -> None:
        if stack == "dns":
            # It ends last although nothing comes before it: nobody waits for it.
            assert core_is_done.wait(60)
        done.append(stack)
        if stack == "monitoring":
            core_is_done.set()

    run_in_order({"monitoring": {"core"}, "core": {"bootstrap"}, "bootstrap": (), "dns": ()}, deploy)
    assert done == ["bootstrap", "core", "monitoring", "dns"]


def test_an_error_is_raised_while_others_still_run() -> None:
    ending = threading.Event()
    started: list[str] = []

    def deploy(stack: str) -> None:
        started.append(stack)
        if stack == "dns":
            raise RehearsalError("dns failed")
        assert ending.wait(60)

    try:
        with pytest.raises(RehearsalError, match="dns failed"):
            run_in_order({"core": (), "dns": (), "workloads": {"core", "dns"}}, deploy)
    finally:
        ending.set()
    assert sorted(started) == ["core", "dns"]


def test_every_stack_comes_after_what_it_needs() -> None:
    stacks = (*StackId, "team-alarms", "team-audit")
    after = deployment_order(stacks)
    assert after["core"] == after["dns"] == {"bootstrap"}
    assert after["workloads"] == {"bootstrap", "core", "dns"}
    assert after["monitoring"] == {"bootstrap", "core", "workloads"}
    assert after["team-alarms"] == set(StackId)
    assert after["team-audit"] == {*StackId, "team-alarms"}


def test_a_stack_that_is_left_out_is_waited_for_by_none() -> None:
    assert deployment_order(("core", "monitoring")) == {"core": set(), "monitoring": {"core"}}
