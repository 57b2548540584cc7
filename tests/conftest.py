"""Fixtures for all tests."""

from __future__ import annotations

import fcntl
import gc
import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

from tests.support.boto_models import keep_models
from tests.support.units import UnitScheduling, find_turn
from tests.support.videos import Videos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xdist.remote import Producer

keep_models()
# moto would make a thousand machine images for each EC2 of a test, which asks for none.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"

# Pydantic would look for plugins in the 150 packages of this environment, in each process that a test starts.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

# No deadline: a busy machine fails no test. No database: a run depends on nothing but the code; a failure prints how to
# repeat it.
settings.register_profile("tests", deadline=None, max_examples=200, database=None, print_blob=True)
# For `./noxw mutation`, which runs a test for many mutants: the same few examples, and no smaller one after a failure.
settings.register_profile(
    "mutation",
    settings.get_profile("tests"),
    max_examples=40,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    counts = Counter(item.nodeid for item in items)
    if shared := [node_id for node_id, count in counts.items() if count > 1]:
        # pytest-xdist would run one of them, and say nothing.
        raise pytest.UsageError(f"more than one test has the name {shared[0]}")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: find_turn(item.path))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect without looking for garbage: nearly all of the million objects of modules and tests stay."""
    gc.disable()
    try:
        return (yield from _collect_one_before_others(session))
    finally:
        # Later collections of garbage leave them out, too.
        gc.freeze()
        gc.enable()
        # Not after each 700 new objects: the search for garbage took a sixth of the CPU time.
        gc.set_threshold(50_000, 20, 100)


def _collect_one_before_others(session: pytest.Session) -> Iterator[None]:
    """Let one process collect before the others: in a new environment, each would compile 3,000 modules."""
    if not hasattr(session.config, "workerinput"):
        return (yield)
    folder = os.open(session.config.rootpath, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(folder, fcntl.LOCK_SH)
        return (yield)
    finally:
        os.close(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> UnitScheduling | None:
    return UnitScheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the lines that tests recorded as `summary`: what they ran with, or could not."""
    for report in terminalreporter.getreports("passed"):
        for name, line in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def videos(shared_folder: Path) -> Videos:
    """Videos of every kind, each made when a test first asks for it and shared by all tests and processes of a run."""
    return Videos(shared_folder / "videos")
