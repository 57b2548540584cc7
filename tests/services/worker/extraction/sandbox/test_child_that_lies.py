"""A child that was taken over by its video may say anything, or nothing: it is not believed, and not waited for."""

import contextlib
import os
import select
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.outcome import (
    ChildUsage,
    ExtractedFile,
    ExtractedPicture,
    ExtractedPreview,
    ExtractedStoryboard,
    ExtractionError,
    Outcome,
    VideoInfo,
    encode_outcome,
)
from services.worker.extraction.sandbox import wire
from services.worker.extraction.sandbox.conversation import Child, Conversation
from services.worker.extraction.sandbox.job import Bounds, ExtractionJob
from services.worker.extraction.sandbox.wire import MessageKind, WireError
from tests.support.sandboxes import (
    Source,
)

SHEETS = (ExtractedFile(b"sheet"),)

HONEST = Outcome(
    VideoState.DONE,
    info=VideoInfo(4.0, 640, 360, "h264", "mp4"),
    pictures=tuple(ExtractedPicture(position_pct, 1.0, 640, 360, b"jpeg") for position_pct in (10.0, 50.0, 95.0)),
)


def talk(child: Callable[[int, int], object], *, bounds: Bounds | None = None, size_bytes: int = 1000) -> Outcome:
    """Return the worker's outcome of a child that takes its job, acts on its ends of the pipes, and exits."""
    job = ExtractionJob(size_bytes=size_bytes, options=ThumbnailOptions(), bounds=bounds or Bounds())
    with Child() as pipes:
        conversation = Conversation(pipes, Source(bytes(size_bytes)), job)
        inbox, outbox, status = (os.dup(end) for end in pipes.descriptors)
        pipes.close_descriptors()

        def be_the_child() -> None:
            with contextlib.suppress(WireError, OSError):
                wire.receive_message(inbox)
                child(inbox, outbox)
            for end in (inbox, outbox, status):
                os.close(end)

        thread = threading.Thread(target=be_the_child)
        thread.start()
        conversation.serve_child()
        outcome = conversation.build_outcome()
    thread.join()
    return outcome


def answers(payload: bytes) -> Callable[[int, int], None]:
    return lambda _, outbox: wire.send_message(outbox, MessageKind.OUTCOME, payload)


def writes(data: bytes) -> Callable[[int, int], object]:
    return lambda _, outbox: os.write(outbox, data)


def asks(payload: bytes) -> Callable[[int, int], None]:
    """For bytes, and sends a fine answer if it gets any."""

    def child(inbox: int, outbox: int) -> None:
        wire.send_message(outbox, MessageKind.READ, payload)
        wire.receive_message(inbox)
        wire.send_message(outbox, MessageKind.OUTCOME, encode_outcome(HONEST))

    return child


def with_pictures(*pictures: ExtractedPicture) -> bytes:
    return encode_outcome(Outcome(HONEST.state, info=HONEST.info, pictures=pictures))


FAILURE = IndexFailure("mp4", "IndexError", "list index out of range", "containers/mp4/tables.py:100")


def with_failure(**lies: str) -> bytes:
    return encode_outcome(replace(HONEST, index_failure=replace(FAILURE, **lies)))


def nested(depth: int) -> bytes:
    head = b"[" * depth
    return len(head).to_bytes(4) + head


def test_parent_counts_the_reads_of_an_honest_child() -> None:
    outcome = talk(asks(wire.pack_range(0, 1000)))
    assert outcome.pictures == HONEST.pictures
    assert (outcome.usage.requests, outcome.usage.bytes_read) == (1, 1000)


LIES: dict[str, Callable[[int, int], object]] = {
    "nothing": lambda _inbox, _outbox: None,
    "noise": writes(b"GET / HTTP/1.1\r\n\r\n"),
    "zeros": writes(bytes(1000)),
    "half a header": writes(b"\x05\0"),
    "half a frame": writes(b"\x05\0\0\0\xffhalf"),
    "a huge frame": writes(b"\x05\xff\xff\xff\xff" + bytes(1000)),
    "a job": lambda _, outbox: wire.send_message(outbox, MessageKind.JOB, b"{}"),
    "data": lambda _, outbox: wire.send_message(outbox, MessageKind.DATA, b"data"),
    "a place too short": asks(b"\0\0\0"),
    "a place too long": asks(wire.pack_range(0, 10) + b"\0"),
    "a read of nothing": asks(wire.pack_range(0, 0)),
    "a read beyond the end": asks(wire.pack_range(1000, 1)),
    "a read across the end": asks(wire.pack_range(0, 1001)),
    "a read at the end of the world": asks(wire.pack_range((1 << 64) - 1, 1)),
    "a read of 64 MiB": asks(wire.pack_range(0, wire.MAX_MESSAGE_BYTES)),
    "an answer of nothing": answers(b""),
    "an answer of noise": answers(b"\0\0\0\x02{}"),
    "an answer without an end": answers(nested(100_000)),
    "one picture": answers(with_pictures(HONEST.pictures[0])),
    "too many pictures": answers(with_pictures(*HONEST.pictures, HONEST.pictures[0])),
    "a storyboard": answers(
        encode_outcome(replace(HONEST, storyboard=ExtractedStoryboard(5.0, 1, 1, 1, 160, 90, SHEETS)))
    ),
    "a preview": answers(encode_outcome(replace(HONEST, preview=ExtractedPreview(2, 1.0, 320, 180, b"animation")))),
    "an error that forges a log line": answers(with_failure(message='x"}\n{"event": "video_done"')),
    "an error with an escape sequence": answers(with_failure(message="\x1b]0;title\x07")),
    "an error that turns the text around": answers(with_failure(message="\u202egpj.exe")),
    "an error without an end": answers(with_failure(message="x" * 1_000_000)),
    "an error of no type": answers(with_failure(error="")),
    "an error whose type is a sentence": answers(with_failure(error="Not an error")),
    "an error whose type is long": answers(with_failure(error="E" * 1000)),
    "an error in a container of two lines": answers(with_failure(container="mp4\n")),
    "an error in a place of two lines": answers(with_failure(where="containers/mp4/tables.py:1\n")),
    "other positions": answers(with_pictures(*HONEST.pictures[:2], ExtractedPicture(96.0, 1.0, 640, 360, b"jpeg"))),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_breaks_the_protocol_fails(lie: str) -> None:
    outcome = talk(LIES[lie])
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.CRASHED, True)
    assert outcome.pictures == ()


def test_usage_of_a_child_stays_within_its_limits() -> None:
    claimed = replace(HONEST, usage=ChildUsage(bytes_read=9, requests=9, cpu_s=1e300, peak_memory_mb=1e300))
    outcome = talk(answers(encode_outcome(claimed)), bounds=Bounds(cpu_s=30, memory_mb=1024))
    assert outcome == replace(HONEST, usage=ChildUsage(cpu_s=31.0, peak_memory_mb=1024.0))


def test_a_child_reports_its_index_readers_error() -> None:
    outcome = talk(answers(with_failure()))
    assert (outcome.state, outcome.index_failure) == (VideoState.DONE, FAILURE)


def test_endless_reads_of_a_child_reach_the_limit() -> None:
    def child(inbox: int, outbox: int) -> None:
        while True:
            wire.send_message(outbox, MessageKind.READ, wire.pack_range(0, 1000))
            wire.receive_message(inbox)

    outcome = talk(child, bounds=Bounds(requests=50))
    assert (outcome.reason_code, outcome.usage.requests) == (ReasonCode.BUDGET, 51)
    outcome = talk(child, bounds=Bounds(read_mb=1))
    assert outcome.reason_code is ReasonCode.BUDGET
    assert outcome.usage.bytes_read <= (1 << 20) + 1000


def ask_much(outbox: int) -> None:
    for _ in range(20):
        wire.send_message(outbox, MessageKind.READ, wire.pack_range(0, 1_000_000))


SILENCE: dict[str, Callable[[int], object]] = {
    "at once": lambda _: None,
    "in a header": lambda outbox: os.write(outbox, b"\x05\0"),
    "in a frame": lambda outbox: os.write(outbox, b"\x05\0\0\0\xffhalf"),
    "after questions whose answers it does not read": ask_much,
}


@pytest.mark.parametrize("when", SILENCE)
def test_a_child_that_falls_silent_is_not_waited_for(when: str) -> None:
    def child(_inbox: int, outbox: int) -> None:
        SILENCE[when](outbox)
        until_nobody_reads = select.poll()
        until_nobody_reads.register(outbox, 0)
        until_nobody_reads.poll()

    outcome = talk(child, bounds=Bounds(deadline_s=0.05), size_bytes=1_000_000)
    assert (outcome.reason_code, outcome.retryable) == (ReasonCode.TIMEOUT, True)


def test_a_child_may_say_that_it_failed() -> None:
    failure = Outcome.failed(ExtractionError(ReasonCode.DAMAGED, "The file is damaged."))
    outcome = talk(answers(encode_outcome(failure)))
    assert (outcome.reason_code, outcome.reason) == (ReasonCode.DAMAGED, "The file is damaged.")
