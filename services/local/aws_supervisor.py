"""Supervisor of the embedded AWS: restarts it on the same port and data, and passes on its warnings."""

import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from services.aws.errors import AwsError
from services.local.embedded_aws.handle import EmbeddedAws, EmbeddedAwsError

_CHECK_INTERVAL_S = 0.2
_MAX_DELAY_S = 30.0
_STEADY_S = 20.0
"""An embedded AWS that has run this long is no longer in a crash loop."""
_MANY_DEATHS = 4

_log = logging.getLogger(__name__)


class AwsSupervisor:
    """Context manager that keeps the embedded AWS running on the folder `data`.

    The supervisor's thread calls `say` with a message for every exit, every restart and a full disk. After a restart
    it calls `recover` until that raises no error of AWS: writes of the last seconds before a crash may be lost.
    """

    def __init__(self, data: Path, *, port: int | None, say: Callable[[str], None]) -> None:
        self._data = data
        self._say = say
        self._aws = EmbeddedAws.start(data, port=port)
        self._port = self._aws.port
        self._recover: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch_process, name="aws-supervisor", daemon=True)

    @property
    def endpoint(self) -> str:
        return self._aws.endpoint

    @property
    def pid(self) -> int:
        return self._aws.process.pid

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._aws.stop()

    def after_restart(self, recover: Callable[[], None]) -> None:
        self._recover = recover

    def _watch_process(self) -> None:
        deaths, needs_recovery, started_at = 0, False, time.monotonic()
        while not self._stopping.is_set():
            line = self._aws.read_line(_CHECK_INTERVAL_S)
            if line == b"":
                deaths = deaths + 1 if time.monotonic() - started_at < _STEADY_S else 1
                self._restart_process(deaths)
                needs_recovery, started_at = True, time.monotonic()
            elif line is not None:
                self._say(json.loads(line)["warning"])
            elif needs_recovery:
                needs_recovery = not self._has_recovered()

    def _restart_process(self, deaths: int) -> None:
        """Restart the embedded AWS until it runs or the context ends; double the pause after each attempt."""
        status, log = self._aws.process.wait(), self._aws.log
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        while True:
            delay_s = min(0.5 * 2 ** (deaths - 1), _MAX_DELAY_S)
            again = f" It ended {deaths} times in a row: see its log." if deaths >= _MANY_DEATHS else ""
            self._say(f"The embedded AWS {how}; it starts again in {delay_s:g} s (log: {log}).{again}")
            if self._stopping.wait(delay_s):
                return
            self._aws.stop()
            try:
                self._aws = EmbeddedAws.start(self._data, port=self._port)
            except (EmbeddedAwsError, OSError) as error:
                how = f"did not start: {error}"
                deaths += 1
            else:
                self._say("The embedded AWS answers again, at the same address. Lost events are sent again.")
                return

    def _has_recovered(self) -> bool:
        try:
            self._recover()
        except (AwsError, BotoCoreError, ClientError) as error:
            _log.warning("The recovery after a restart failed and is tried again: %s", error)
            return False
        return True
