"""Whatever a video does to the process that decodes it, the worker goes on with an answer, and nothing is left over."""

import contextlib
import os
import re
import resource
import select
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.contract.records import ReasonCode, VideoState
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction import wire
from services.worker.extraction.job import Bounds, Job
from services.worker.extraction.outcome import ExtractionError, Outcome, Picture, Preview, Storyboard, VideoInfo, encode
from services.worker.extraction.sandbox import Sandbox, SandboxError, _Conversation
from services.worker.extraction.source import LocalFile, SourceError
from services.worker.extraction.wire import Kind, WireError
from tests.videos import Videos, frame_number

PROC = Path("/proc")
needs_proc = pytest.mark.skipif(not (PROC / "self/status").exists(), reason="only Linux shows processes as files")


@pytest.fixture(scope="module")
def film(videos: Videos) -> bytes:
    return videos.video("a.mp4").read_bytes()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        yield sandbox


@dataclass
class Source:
    """A video in memory. `before_read` is called while its child process waits for the bytes."""

    content: bytes
    before_read: Callable[[], object] = lambda: None

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        self.before_read()
        return self.content[offset : offset + length]


def numbers(outcome: Outcome) -> list[int]:
    decoded = [cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR) for picture in outcome.pictures]
    return [frame_number(image.astype(np.uint8)) for image in decoded if image is not None]


def assert_works(sandbox: Sandbox, film: bytes) -> None:
    outcome = sandbox.extract(Source(film))
    assert (outcome.state, outcome.reason) == (VideoState.DONE, None)
    assert numbers(outcome) == [0, 50, 75]


# The processes, as Linux shows them.


def state_and_parent(pid: int) -> tuple[str, int]:
    """The letter of its state and the PID of its parent; X and 0 for a process that is gone."""
    try:
        after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return after_name[0], int(after_name[1])


def children_of(pid: int) -> list[int]:
    running = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [other for other in running if state_and_parent(other)[1] == pid]


of_other_tests: set[int] = set()


@pytest.fixture(autouse=True)
def _know_the_processes_of_other_tests() -> None:
    of_other_tests.clear()
    if PROC.exists():
        of_other_tests.update(children_of(os.getpid()))


def fork_servers() -> list[int]:
    """Those that this test has started, and dead ones that nobody has waited for."""
    return [pid for pid in children_of(os.getpid()) if pid not in of_other_tests]


def the_fork_server() -> int:
    (server,) = fork_servers()
    return server


def the_child() -> int:
    (child,) = children_of(the_fork_server())
    return child


def await_that(is_so: Callable[[], bool]) -> None:
    """Until something is so that another process is about to bring about."""
    for _ in range(1_000_000):
        if is_so():
            return
        os.sched_yield()
    pytest.fail("it never came about")


def await_end(pid: int) -> None:
    """Until a process has ended, also one that its parent has not waited for."""
    await_that(lambda: state_and_parent(pid)[0] in "ZX")


def descriptors(pid: int) -> dict[int, str]:
    """The open files of a process by number, and what they are."""
    return {
        int(entry.name): str(entry.readlink()) for entry in (PROC / str(pid) / "fd").iterdir() if entry.is_symlink()
    }


def extract_together(sandbox: Sandbox, film: bytes, count: int, *, while_all_read: Callable[[], None]) -> list[Outcome]:
    """So many extractions at once; something happens when each of them waits for its first bytes."""
    all_wait = threading.Barrier(count, action=while_all_read)

    def extract(_: int) -> Outcome:
        is_first = iter([True])
        return sandbox.extract(Source(film, lambda: next(is_first, False) and all_wait.wait()))

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(extract, range(count)))


# A child that comes to harm.


@needs_proc
def test_a_child_that_is_killed_is_one_failure_and_worth_another_try(sandbox: Sandbox, film: bytes) -> None:
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGRTMIN + 3):
        outcome = sandbox.extract(Source(film, partial(end_the_child, number)))
        assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.CRASHED, True)
        assert outcome.reason
        assert_works(sandbox, film)


def end_the_child(number: int) -> None:
    os.kill(the_child(), number)


@needs_proc
def test_a_child_that_hangs_is_ended_at_its_deadline(film: bytes) -> None:
    with Sandbox(ThumbnailOptions(), Bounds(deadline_s=0.2)) as sandbox:
        outcome = sandbox.extract(Source(film, lambda: os.kill(the_child(), signal.SIGSTOP)))
        assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.TIMEOUT, True)
        assert "0.2 s" in (outcome.reason or "")
        assert children_of(the_fork_server()) == []


@needs_proc
def test_a_child_that_used_up_its_cpu_time_is_a_failure_for_good(sandbox: Sandbox, film: bytes) -> None:
    """The signal is what the kernel sends at the limit; the limit itself is looked at below."""
    outcome = sandbox.extract(Source(film, lambda: os.kill(the_child(), signal.SIGXCPU)))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.TIMEOUT, False)
    assert "30 s of CPU time" in (outcome.reason or "")


@needs_proc
def test_a_child_has_limits_of_its_own(film: bytes) -> None:
    seen: dict[int, tuple[int, int]] = {}
    limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)

    def look() -> None:
        seen.update({limit: resource.prlimit(the_child(), limit) for limit in limits})

    with Sandbox(ThumbnailOptions(), Bounds(cpu_s=7, memory_mb=600)) as sandbox:
        sandbox.extract(Source(film, look))
    assert seen == {
        resource.RLIMIT_AS: (600 << 20, 600 << 20),
        resource.RLIMIT_CPU: (7, 8),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }


def test_a_video_that_needs_too_much_memory_is_refused_for_good(videos: Videos, film: bytes) -> None:
    big = videos.video("big.mp4", width_px=7680, height_px=4320, duration_s=1 / 25)
    with Sandbox(ThumbnailOptions(), Bounds(memory_mb=320)) as sandbox:
        with LocalFile(big) as source:
            outcome = sandbox.extract(source)
        assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.MEMORY, False)
        assert "320 MiB" in (outcome.reason or "")
        assert_works(sandbox, film)


def test_a_video_that_takes_too_many_reads_is_refused_for_good(videos: Videos) -> None:
    content = videos.video("a.mov", codec="prores").read_bytes()
    with Sandbox(ThumbnailOptions(), Bounds(requests=2)) as sandbox:
        outcome = sandbox.extract(Source(content))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.BUDGET, False)
    assert outcome.usage.requests > 2


def test_a_video_never_costs_more_bytes_than_it_may(videos: Videos) -> None:
    large = videos.sparse(videos.video("large.mp4", audio="aac"))
    for read_mb in (1, 2, 4):
        with Sandbox(ThumbnailOptions(), Bounds(read_mb=read_mb)) as sandbox, LocalFile(large) as source:
            outcome = sandbox.extract(source)
        assert outcome.reason_code in (ReasonCode.BUDGET, ReasonCode.NEARBY_FRAME, None)
        assert outcome.usage.bytes_read <= read_mb << 20


# A source that comes to harm.


class ForGoodError(SourceError):
    retryable = False


@pytest.mark.parametrize(
    ("error", "retryable"), [(SourceError("no route to host"), True), (ForGoodError("403"), False)]
)
def test_an_error_of_the_source_is_told_in_its_words(
    sandbox: Sandbox, film: bytes, error: SourceError, *, retryable: bool
) -> None:
    def fail() -> None:
        raise error

    outcome = sandbox.extract(Source(film, fail))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.STORAGE, retryable)
    assert str(error) in (outcome.reason or "")
    assert_works(sandbox, film)


def test_a_source_that_gives_less_than_it_promised_is_an_error_of_storage(sandbox: Sandbox, film: bytes) -> None:
    class Shrunk(Source):
        @property
        def size_bytes(self) -> int:
            return 1_000_000

    outcome = sandbox.extract(Shrunk(film))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.STORAGE, True)


@needs_proc
def test_an_unexpected_error_of_the_source_leaves_no_child(sandbox: Sandbox, film: bytes) -> None:
    def fail() -> None:
        raise KeyError("key")

    with pytest.raises(KeyError):
        sandbox.extract(Source(film, fail))
    for child in children_of(the_fork_server()):
        await_end(child)
    assert_works(sandbox, film)


# A fork server that comes to harm.


@needs_proc
def test_a_fork_server_that_died_is_started_again(sandbox: Sandbox, film: bytes) -> None:
    assert_works(sandbox, film)
    for _ in range(3):
        before = the_fork_server()
        os.kill(before, signal.SIGKILL)
        assert_works(sandbox, film)
        assert the_fork_server() != before


@needs_proc
def test_a_fork_server_that_dies_meanwhile_costs_one_try_at_most(sandbox: Sandbox, film: bytes) -> None:
    outcome = sandbox.extract(Source(film, lambda: os.kill(the_fork_server(), signal.SIGKILL)))
    assert outcome.state is VideoState.DONE or outcome.retryable
    assert_works(sandbox, film)


WORKER = """
import sys
from pathlib import Path
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.job import Bounds
from services.worker.extraction.sandbox import Sandbox
from services.worker.extraction.source import LocalFile

class Waiting(LocalFile):
    def read(self, offset, length):
        print("reading", flush=True)
        sys.stdin.read()

Sandbox(ThumbnailOptions(), Bounds()).extract(Waiting(Path(sys.argv[1])))
"""
"""A worker whose child waits for its first bytes."""


@needs_proc
def test_a_worker_that_is_killed_leaves_no_process_behind(videos: Videos) -> None:
    command = [sys.executable, "-c", WORKER, str(videos.video("a.mp4"))]
    root = Path(__file__).parents[4]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "reading\n"
        (server,) = children_of(worker.pid)
        (child,) = children_of(server)
        worker.kill()
    await_end(server)
    await_end(child)


# What a child can get at.


@needs_proc
def test_no_process_of_the_sandbox_knows_a_credential(film: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "secret-1",
        "AWS_SESSION_TOKEN": "secret-2",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/secret-3",
        "DATABASE_PASSWORD": "secret-4",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    seen: dict[str, bytes] = {}

    def look() -> None:
        seen["server"] = (PROC / str(the_fork_server()) / "environ").read_bytes()
        seen["child"] = (PROC / str(the_child()) / "environ").read_bytes()

    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        sandbox.extract(Source(film, look))
    assert set(seen) == {"server", "child"}
    for environment in seen.values():
        assert b"PATH=" in environment
        assert b"secret" not in environment
        assert b"AWS" not in environment


@needs_proc
def test_a_child_may_read_write_and_end_and_ask_for_nothing_else(sandbox: Sandbox, film: bytes) -> None:
    """What the filter refuses is in test_confinement.py."""
    seen: dict[str, str] = {}

    def look() -> None:
        status = (PROC / str(the_child()) / "status").read_text()
        seen.update({name: value.strip() for name, _, value in (line.partition(":") for line in status.splitlines())})

    assert sandbox.start() == ""
    sandbox.extract(Source(film, look))
    assert (seen["NoNewPrivs"], seen["Seccomp"]) == ("1", "2")


@needs_proc
def test_a_child_holds_two_pipes_and_its_own_figures(sandbox: Sandbox, film: bytes, tmp_path: Path) -> None:
    """Neither files nor sockets of the worker, nor the pipes of another child."""
    seen: list[dict[int, str]] = []

    def look() -> None:
        seen.extend(descriptors(child) for child in children_of(the_fork_server()))

    with (tmp_path / "open").open("w"):
        outcomes = extract_together(sandbox, film, 2, while_all_read=look)
    assert [outcome.state for outcome in outcomes] == [VideoState.DONE] * 2
    assert len(seen) == 2
    for files in seen:
        assert files[0] == files[1] == "/dev/null"
        beyond_standard = [target for number, target in files.items() if number > 2]
        status, *pipes = sorted(beyond_standard)
        assert re.fullmatch(r"/proc/\d+/status", status)
        assert len(pipes) == 2
        assert all(target.startswith("pipe:") for target in pipes)
    assert not set(seen[0].values()) & set(seen[1].values()) - {"/dev/null", seen[0][2]}


# Many at once, and nothing left over.


def test_several_threads_extract_at_once(videos: Videos, sandbox: Sandbox) -> None:
    kinds = [("a.mp4", "h264"), ("a.mkv", "h264"), ("a.ts", "h264"), ("a.avi", "mpeg4"), ("a.wmv", "wmv2")]
    contents = [videos.video(name, codec=codec).read_bytes() for name, codec in kinds]
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda content: sandbox.extract(Source(content)), contents * 4))
    assert [numbers(outcome) for outcome in outcomes] == [[0, 50, 75]] * 20


@needs_proc
def test_one_child_that_is_killed_does_not_disturb_the_others(sandbox: Sandbox, film: bytes) -> None:
    outcomes = extract_together(
        sandbox, film, 3, while_all_read=lambda: os.kill(children_of(the_fork_server())[0], signal.SIGKILL)
    )
    assert Counter(outcome.reason_code for outcome in outcomes) == {None: 2, ReasonCode.CRASHED: 1}


def is_idle(server: int) -> bool:
    """Whether it holds what it began with, and nothing of a video: the standard files, its socket, pipe and selector.

    It closes a video's pipe a moment after it has told of the end.
    """
    return len(descriptors(server)) == 3 + 1 + 2 + 1


@needs_proc
def test_nothing_piles_up(sandbox: Sandbox, film: bytes) -> None:
    sandbox.extract(Source(film))
    server = the_fork_server()
    await_that(lambda: is_idle(server))
    before = descriptors(os.getpid())
    for _ in range(25):
        sandbox.extract(Source(film))
        sandbox.extract(Source(b"no video"))
        sandbox.extract(Source(film, lambda: os.kill(the_child(), signal.SIGKILL)))
    await_that(lambda: is_idle(server))
    assert descriptors(os.getpid()) == before
    assert children_of(server) == []
    assert fork_servers() == [server]


@needs_proc
def test_a_closed_sandbox_leaves_nothing_behind(film: bytes) -> None:
    before = descriptors(os.getpid())
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:
        sandbox.extract(Source(film))
        server = the_fork_server()
    assert state_and_parent(server)[0] == "X"
    assert fork_servers() == []
    assert descriptors(os.getpid()) == before


@needs_proc
def test_a_sandbox_that_closes_ends_what_is_under_way(film: bytes) -> None:
    pids: list[int] = []
    sandbox = Sandbox(ThumbnailOptions(), Bounds())

    def close() -> None:
        pids.extend([the_fork_server(), the_child()])
        sandbox.close()

    outcome = sandbox.extract(Source(film, close))
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.CRASHED, True)
    for pid in pids:
        await_end(pid)


@needs_proc
def test_children_may_be_ended_from_outside_and_those_to_come_as_well(film: bytes) -> None:
    with Sandbox(ThumbnailOptions(), Bounds()) as sandbox:

        def end() -> None:
            child = the_child()
            sandbox.kill_children()
            await_end(child)

        for action in (end, lambda: None):
            outcome = sandbox.extract(Source(film, action))
            ended = (VideoState.FAILED, ReasonCode.CRASHED, True)
            assert (outcome.state, outcome.reason_code, outcome.retryable) == ended


def test_a_closed_sandbox_says_so(film: bytes) -> None:
    sandbox = Sandbox(ThumbnailOptions(), Bounds())
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.extract(Source(film))


@needs_proc
def test_a_sandbox_that_is_not_used_starts_nothing() -> None:
    with Sandbox(ThumbnailOptions(), Bounds()):
        assert fork_servers() == []


def test_what_it_cost_is_told(sandbox: Sandbox, film: bytes) -> None:
    usage = sandbox.extract(Source(film)).usage
    assert 0 < usage.bytes_read <= len(film)
    assert usage.requests > 0
    assert usage.cpu_s > 0
    assert usage.peak_memory_mb > 10


# A child that was taken over by its video: it may say anything.

HONEST = Outcome(
    VideoState.DONE,
    info=VideoInfo(4.0, 640, 360, "h264", "mp4"),
    pictures=tuple(Picture(position_pct, 1.0, 640, 360, b"jpeg") for position_pct in (10.0, 50.0, 95.0)),
)


def talk(child: Callable[[int, int], object], *, bounds: Bounds | None = None, size_bytes: int = 1000) -> Outcome:
    """What the worker makes of a child that takes its job, does this with its ends of the pipes, and then is gone."""
    job = Job(size_bytes=size_bytes, options=ThumbnailOptions(), bounds=bounds or Bounds())
    with _Conversation(Source(bytes(size_bytes)), job) as conversation:
        inbox, outbox, status = (os.dup(end) for end in conversation.childs_ends)
        conversation.close_childs_ends()

        def be_the_child() -> None:
            with contextlib.suppress(WireError, OSError):
                wire.receive(inbox)
                child(inbox, outbox)
            for end in (inbox, outbox, status):
                os.close(end)

        thread = threading.Thread(target=be_the_child)
        thread.start()
        conversation.hold()
        outcome = conversation.outcome()
    thread.join()
    return outcome


def answers(payload: bytes) -> Callable[[int, int], None]:
    return lambda _, outbox: wire.send(outbox, Kind.OUTCOME, payload)


def writes(data: bytes) -> Callable[[int, int], object]:
    return lambda _, outbox: os.write(outbox, data)


def asks(payload: bytes) -> Callable[[int, int], None]:
    """For bytes, and sends a fine answer if it gets any."""

    def child(inbox: int, outbox: int) -> None:
        wire.send(outbox, Kind.READ, payload)
        wire.receive(inbox)
        wire.send(outbox, Kind.OUTCOME, encode(HONEST))

    return child


def with_pictures(*pictures: Picture) -> bytes:
    return encode(Outcome(HONEST.state, info=HONEST.info, pictures=pictures))


def nested(depth: int) -> bytes:
    head = b"[" * depth
    return len(head).to_bytes(4) + head


def test_an_honest_child_is_believed_but_for_what_it_cost() -> None:
    outcome = talk(asks(wire.place(0, 1000)))
    assert outcome.pictures == HONEST.pictures
    assert (outcome.usage.requests, outcome.usage.bytes_read) == (1, 1000)


LIES: dict[str, Callable[[int, int], object]] = {
    "nothing": lambda _inbox, _outbox: None,
    "noise": writes(b"GET / HTTP/1.1\r\n\r\n"),
    "zeros": writes(bytes(1000)),
    "half a header": writes(b"\x05\0"),
    "half a frame": writes(b"\x05\0\0\0\xffhalf"),
    "a huge frame": writes(b"\x05\xff\xff\xff\xff" + bytes(1000)),
    "a job": lambda _, outbox: wire.send(outbox, Kind.JOB, b"{}"),
    "data": lambda _, outbox: wire.send(outbox, Kind.DATA, b"data"),
    "a place too short": asks(b"\0\0\0"),
    "a place too long": asks(wire.place(0, 10) + b"\0"),
    "a read of nothing": asks(wire.place(0, 0)),
    "a read beyond the end": asks(wire.place(1000, 1)),
    "a read across the end": asks(wire.place(0, 1001)),
    "a read at the end of the world": asks(wire.place((1 << 64) - 1, 1)),
    "a read of 64 MiB": asks(wire.place(0, wire.MAX_FRAME_BYTES)),
    "an answer of nothing": answers(b""),
    "an answer of noise": answers(b"\0\0\0\x02{}"),
    "an answer without an end": answers(nested(100_000)),
    "one picture": answers(with_pictures(HONEST.pictures[0])),
    "too many pictures": answers(with_pictures(*HONEST.pictures, HONEST.pictures[0])),
    "a storyboard": answers(encode(replace(HONEST, storyboard=Storyboard(5.0, 1, 1, 160, 90, b"sheet")))),
    "a preview": answers(encode(replace(HONEST, preview=Preview(2, 1.0, 320, 180, b"animation")))),
    "other positions": answers(with_pictures(*HONEST.pictures[:2], Picture(96.0, 1.0, 640, 360, b"jpeg"))),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_child_that_does_not_keep_to_the_protocol_is_not_believed(lie: str) -> None:
    outcome = talk(LIES[lie])
    assert (outcome.state, outcome.reason_code, outcome.retryable) == (VideoState.FAILED, ReasonCode.CRASHED, True)
    assert outcome.pictures == ()


def test_a_child_that_asks_on_and_on_meets_its_bound() -> None:
    def child(inbox: int, outbox: int) -> None:
        while True:
            wire.send(outbox, Kind.READ, wire.place(0, 1000))
            wire.receive(inbox)

    outcome = talk(child, bounds=Bounds(requests=50))
    assert (outcome.reason_code, outcome.usage.requests) == (ReasonCode.BUDGET, 51)
    outcome = talk(child, bounds=Bounds(read_mb=1))
    assert outcome.reason_code is ReasonCode.BUDGET
    assert outcome.usage.bytes_read <= (1 << 20) + 1000


def ask_much(outbox: int) -> None:
    for _ in range(20):
        wire.send(outbox, Kind.READ, wire.place(0, 1_000_000))


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
    outcome = talk(answers(encode(failure)))
    assert (outcome.reason_code, outcome.reason) == (ReasonCode.DAMAGED, "The file is damaged.")
