"""Handle of an embedded AWS for the process that starts and stops it: the demo's supervisor, or a test."""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

_PROJECT: Final = Path(__file__).resolve().parents[3]
# A second is usual. A busy machine needs a minute, and ten minutes to load 100,000 objects. A process that is killed
# loses its last changes.
_READY_TIMEOUT_S: Final = 900.0
_STOP_TIMEOUT_S: Final = 60.0


class EmbeddedAwsError(RuntimeError):
    """The embedded AWS cannot be used. If it did not start, the message names its log."""


@dataclass(frozen=True)
class EmbeddedAws:
    """A running embedded AWS. As a context manager it stops at the end.

    It also ends when the process that started it ends for any reason. An interrupt from the terminal does not reach
    it: the process that started it stops it after all its clients.
    """

    endpoint: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        port = urlsplit(self.endpoint).port
        assert port is not None  # noqa: S101 - for the type checker
        return port

    @classmethod
    def start(
        cls, data: Path, *, port: int | None = None, account: str | None = None, region: str | None = None
    ) -> Self:
        """Start an embedded AWS on the folder `data` of its objects, state and log, and wait until it answers.

        Without a `port` it takes a free one. With an `account` it serves every AWS service, not only the pipeline's.

        Raises:
            EmbeddedAwsError: it ended, for example because another program has the port, or was not ready in time.
        """
        data.mkdir(parents=True, exist_ok=True)
        log = data / "embedded-aws.log"
        command = [sys.executable, "-m", "services.local.embedded_aws", "--data", str(data), "--exit-with-parent"]
        for option, value in (("--port", port), ("--account", account), ("--region", region)):
            if value is not None:
                command += [option, str(value)]
        path = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
        with log.open("ab") as log_file:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                env=os.environ | {"PYTHONPATH": path},
                start_new_session=True,
            )
        line = _read_line(process, time.monotonic() + _READY_TIMEOUT_S)
        if not line:
            code = process.poll() if line is None else process.wait(_STOP_TIMEOUT_S)
            _end_process(process)
            what = f"was not ready within {_READY_TIMEOUT_S:.0f} s" if code is None else f"ended with exit code {code}"
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise EmbeddedAwsError(f"The embedded AWS {what}: its log is {log}. {last}".strip())
        return cls(endpoint=json.loads(line)["endpoint"], process=process, log=log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """Return environment variables that direct boto3 of another process here; the region is not one of them."""
        no_proxy = {name: f"{os.environ.get(name, '')},127.0.0.1".lstrip(",") for name in ("NO_PROXY", "no_proxy")}
        return no_proxy | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def read_line(self, timeout_s: float) -> bytes | None:
        """Return the next line that the process prints, b"" if it has ended, or None after the timeout."""
        return _read_line(self.process, time.monotonic() + timeout_s)

    def stop(self) -> None:
        """Stop the process, which saves its state and ends within seconds. A second call has no effect."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_TIMEOUT_S)
        _end_process(self.process)

    def kill(self) -> None:
        """Kill the process, as a crash would: changes of the last seconds may be lost."""
        _end_process(self.process)


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """Return a line that a process prints, b"" if it has ended, or None if the deadline passes first."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    line = b""
    # Not epoll: it would open and close a file every second in the process that supervises.
    with selectors.PollSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(deadline - time.monotonic(), 0)):
                # The process writes whole lines, so the rest of a line follows soon.
                if not line:
                    return None
                continue
            read = os.read(process.stdout.fileno(), 1)
            if not read:
                return b""
            line += read
    return line


def _end_process(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
