"""Start, reach and stop the embedded AWS from another process: the demo's supervisor, the tests."""

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
_READY_TIMEOUT_S: Final = 30.0
_STOP_TIMEOUT_S: Final = 15.0


class EmbeddedAwsError(RuntimeError):
    """The embedded AWS cannot be used; when it did not start, the message names its log."""


@dataclass(frozen=True)
class EmbeddedAws:
    """A running embedded AWS. As a context manager it is stopped at the end.

    It also ends when the process that started it does, however that happens. An interrupt from the terminal does not
    reach it: who started it stops it, after everything that uses it.
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
    def start(cls, data: Path, *, port: int | None = None) -> Self:
        """Start it on the folder `data`, which holds its objects, state and log, and wait until it answers.

        Without a `port` it takes any that is free.

        Raises:
            EmbeddedAwsError: it died, for example because another program has the port, or was not ready within 30 s.
        """
        data.mkdir(parents=True, exist_ok=True)
        log = data / "embedded-aws.log"
        command = [sys.executable, "-m", "services.local.embedded_aws", "--data", str(data), "--exit-with-parent"]
        if port is not None:
            command += ["--port", str(port)]
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
            _end(process)
            what = f"was not ready within {_READY_TIMEOUT_S:.0f} s" if code is None else f"ended with exit code {code}"
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise EmbeddedAwsError(f"The embedded AWS {what}: its log is {log}. {last}".strip())
        return cls(endpoint=json.loads(line)["endpoint"], process=process, log=log)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment for its boto3 to come here; the region is not part of it."""
        no_proxy = {name: f"{os.environ.get(name, '')},127.0.0.1".lstrip(",") for name in ("NO_PROXY", "no_proxy")}
        return no_proxy | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def read_line(self, timeout_s: float) -> bytes | None:
        """Return the next line that it prints, b"" if it has ended, or None if it prints none in time."""
        return _read_line(self.process, time.monotonic() + timeout_s)

    def stop(self) -> None:
        """Stop it: it saves, and ends within a few seconds. Stopping twice does nothing."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_TIMEOUT_S)
        _end(self.process)

    def kill(self) -> None:
        """End it at once, as a crash would: what it did in the last seconds may be lost."""
        _end(self.process)


def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes | None:
    """Return a line that a process prints, b"" if it has ended, or None if the deadline passes first."""
    assert process.stdout is not None  # noqa: S101 - for the type checker
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(deadline - time.monotonic(), 0)):
                # The process writes a line at once, so the rest of one that has begun is there soon.
                if not line:
                    return None
                continue
            read = os.read(process.stdout.fileno(), 1)
            if not read:
                return b""
            line += read
    return line


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
