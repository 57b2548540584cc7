"""A video of a reconciliation waits while the same worker processes an upload, but not for long."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from services.contract.resources import pipeline_resources
from services.worker import precedence
from services.worker.precedence import MAX_WAIT_S, Precedence
from services.worker.process import Processor, Stored
from tests.model.place import simulated_place
from tests.support.place import Place
from tests.support.processing import PlayedSandbox, a_worker, delivery, event_of, upload, work

LONG_S = 600.0


class PlayedCondition:
    """A condition whose waits take no time: `meanwhile` happens in each, and its timeout passes."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.meanwhile: Callable[[], object] = lambda: None

    def __enter__(self) -> None:
        """One thread needs no lock."""

    def __exit__(self, *_: object) -> None:
        """One thread needs no lock."""

    def wait(self, timeout_s: float) -> None:
        self.now_s += timeout_s
        self.meanwhile()

    def notify_all(self) -> None:
        """Nobody waits in another thread."""


@pytest.fixture
def condition(monkeypatch: pytest.MonkeyPatch) -> PlayedCondition:
    played = PlayedCondition()
    monkeypatch.setattr(precedence, "threading", SimpleNamespace(Condition=lambda: played))
    monkeypatch.setattr(precedence, "time", SimpleNamespace(monotonic=lambda: played.now_s))
    return played


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("precedence")) as simulated:
        yield simulated


def test_a_background_video_waits_for_all_uploads(condition: PlayedCondition) -> None:
    order = Precedence()
    ended: list[str] = []
    first, second = ExitStack(), ExitStack()
    for one in (first, second):
        one.enter_context(order.hold(is_background=False))
        one.callback(ended.append, "upload")

    def end_one() -> None:
        condition.now_s = 0.0
        (second if ended else first).close()

    condition.meanwhile = end_one
    with order.hold(is_background=True):
        assert ended == ["upload", "upload"]


def test_a_background_video_waits_a_second_at_most(condition: PlayedCondition) -> None:
    order = Precedence()

    with order.hold(is_background=False), order.hold(is_background=True) as give_way:
        assert condition.now_s == MAX_WAIT_S
        give_way()
        assert condition.now_s == MAX_WAIT_S


def test_an_upload_waits_for_nothing(condition: PlayedCondition) -> None:
    order = Precedence()

    with order.hold(is_background=True), order.hold(is_background=False), order.hold(is_background=False) as give_way:
        give_way()

    assert condition.now_s == 0


def test_a_reconciled_video_is_claimed_after_the_upload(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "MAX_WAIT_S", LONG_S)
    upload(place, b"reconciled", "uploads/reconciled.mp4")
    background = event_of(place, "uploads/reconciled.mp4").model_copy(update={"is_background": True})
    worker = a_worker(place)
    other = threading.Thread(target=lambda: worker.process(background, delivery("message-2")))

    def begin_reconciled() -> None:
        set_meanwhile(worker, lambda: None)
        other.start()
        other.join(0.1)
        assert place.videos.get("uploads/reconciled.mp4") is None

    set_meanwhile(worker, begin_reconciled)
    assert isinstance(work(worker, upload(place, b"film")), Stored)

    other.join()
    assert place.videos.get("uploads/reconciled.mp4") is not None


def test_a_reconciled_video_is_stored_after_the_upload(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "MAX_WAIT_S", LONG_S)
    upload(place, b"reconciled", "uploads/reconciled.mp4")
    background = event_of(place, "uploads/reconciled.mp4").model_copy(update={"is_background": True})
    worker, is_extracting, uploaded = a_worker(place), threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: worker.process(background, delivery("message-2")))

    def wait_for_upload() -> None:
        set_meanwhile(worker, finish_reconciled)
        is_extracting.set()
        uploaded.wait()

    def finish_reconciled() -> None:
        uploaded.set()
        other.join(0.1)
        assert list(place.bucket.list("thumbnails/reconciled")) == []

    set_meanwhile(worker, wait_for_upload)
    other.start()
    is_extracting.wait()
    assert isinstance(work(worker, upload(place, b"film")), Stored)

    other.join()
    assert len(list(place.bucket.list("thumbnails/reconciled"))) > 0


def set_meanwhile(worker: Processor, meanwhile: Callable[[], object]) -> None:
    sandbox = worker._sandbox  # noqa: SLF001 - what happens during the next extraction
    assert isinstance(sandbox, PlayedSandbox)
    sandbox.meanwhile = meanwhile
