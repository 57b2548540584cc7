"""Recorder of the history: a thread of each process of the api, of which one records each minute."""

import random
import threading
import time

import structlog

from services.api.history.cursor import Cursor, advance_cursor, begin_cursor
from services.aws.errors import AwsError, WriteConflictError
from services.aws.table.history import HistoryTable, SlotWrite
from services.contract.statistics.periods import MINUTE

_LATEST_S = 5.0
"""Most seconds after a full minute at which a process records it: at random, so that processes seldom collide."""


class HistoryRecorder:
    def __init__(self, table: HistoryTable) -> None:
        self._table = table
        self._closed = threading.Event()
        self._log = structlog.get_logger()

    def start(self) -> None:
        """Start the thread, which ends with the process or with `close`."""
        threading.Thread(target=self._run, name="history", daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def record(self, now_s: float) -> bool:
        """Record up to the last full minute; return False if another process has done so. Raises: ServiceError."""
        at_s = MINUTE.floor(now_s)
        reading = self._table.read()
        before = Cursor.model_validate(reading.cursor) if reading.cursor else begin_cursor(at_s)
        if reading.cursor and at_s <= before.at_s:
            return False
        after, periods = advance_cursor(before, at_s, dict(reading.ends))
        writes = [
            SlotWrite(
                period.level.item_key(period.start_s),
                period.level.slot(period.start_s),
                period.to_json(),
                period.start_s + period.level.retention_s,
            )
            for period in periods
        ]
        try:
            self._table.write(reading.revision, after.model_dump(), writes)
        except WriteConflictError:
            return False
        return True

    def _run(self) -> None:
        while True:
            try:
                self.record(time.time())
            except AwsError as error:
                # The next recording has the growth of this minute as well.
                self._log.warning("history_not_recorded", error=str(error))
            except Exception:  # noqa: BLE001 - the next minute can succeed
                self._log.exception("history_not_recorded")
            rest_s = MINUTE.step_s - time.time() % MINUTE.step_s
            if self._closed.wait(rest_s + random.uniform(0.2, _LATEST_S)):  # noqa: S311 - no secret
                return
