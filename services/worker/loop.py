"""The worker's loop: receives messages, keeps them hidden while they are worked on, and settles each one.

A message ends in one of three ways: deleted (all of its videos have their thumbnails, or need none), handed back
(another try, after a while), or in the dead-letter queue with its reason. It is deleted last, so that whatever breaks
in between, it comes again.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import structlog
from structlog.typing import FilteringBoundLogger

from services.aws.errors import AwsError
from services.aws.queue import MAX_BATCH, DeadLetterQueue, Message, Queue
from services.contract.events import (
    Delivery,
    MalformedNotificationError,
    UploadEvent,
    notification_body,
    parse_notification,
)
from services.contract.records import ReasonCode
from services.contract.resources import SPARE_RECEIVES
from services.contract.settings import WorkerSettings
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.health import Health
from services.worker.metrics import Metrics
from services.worker.process import ProcessingError, Processor, Stored

_LONGEST_RETRY_DELAY_S = 900.0
_RECEIVE_RETRY_S = 5.0
_LOOK_EVERY_S = 0.2
_MAX_REASON_CHARS = 1000
_SETTLING_RECEIVES = 2
"""The queue's last receives of a message: kept for recording a failure."""


@dataclass(frozen=True)
class Parts:
    """What the loop works with."""

    queue: Queue
    dead_letters: DeadLetterQueue
    processor: Processor
    sandbox: Sandbox
    metrics: Metrics
    health: Health


class Loop:
    """Runs until `stop` is called: then it takes no more messages, and finishes those that it has."""

    def __init__(self, settings: WorkerSettings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._log: FilteringBoundLogger = structlog.get_logger()
        self._stopping = threading.Event()
        self._aborting = threading.Event()
        self._stop_at: float | None = None
        self._slots = threading.Semaphore(settings.worker_concurrency)
        self._lock = threading.Lock()
        self._held: dict[str, Message] = {}
        self._idle = threading.Condition(self._lock)

    def stop(self) -> None:
        """Asks for a drain; a second call hands back at once what is in work. May be called by a signal handler."""
        if self._stopping.is_set():
            self._aborting.set()
        self._stop_at = self._stop_at or time.monotonic()
        self._stopping.set()

    def run(self) -> None:
        heart = threading.Thread(target=self._beat_heart, name="heartbeat", daemon=True)
        heart.start()
        with ThreadPoolExecutor(self._settings.worker_concurrency, thread_name_prefix="video") as pool:
            while not self._stopping.is_set():
                self._parts.health.beat()
                slots = self._free_slots()
                messages = self._receive(slots) if slots else []
                for _ in range(slots - len(messages)):
                    self._slots.release()
                for message in messages:
                    self._take(message, pool)
            self._drain()
        self._aborting.set()
        heart.join()

    def _free_slots(self) -> int:
        """How many messages can be taken now, after waiting a while for a slot to fall free; each is reserved."""
        if not self._slots.acquire(timeout=_LOOK_EVERY_S):
            return 0
        count = 1
        while count < MAX_BATCH and self._slots.acquire(blocking=False):
            count += 1
        return count

    def _receive(self, count: int) -> list[Message]:
        try:
            return self._parts.queue.receive(
                count,
                wait_s=self._settings.receive_wait_s,
                visibility_timeout_s=self._settings.visibility_timeout_s,
            )
        except AwsError as error:
            self._log.error("receive_failed", error=str(error), retry_in_s=_RECEIVE_RETRY_S)
            self._stopping.wait(_RECEIVE_RETRY_S)
            return []

    def _take(self, message: Message, pool: ThreadPoolExecutor) -> None:
        if self._stopping.is_set():
            # It came with the poll that was under way when the drain began.
            self._hand_back(message, self._log.bind(message_id=message.id), delay_s=0)
            self._slots.release()
            return
        with self._lock:
            # Not by its id: a message whose visibility ran out can come to this very worker again.
            self._held[message.receipt] = message
            self._parts.metrics.in_work.set(len(self._held))
        pool.submit(self._work, message)

    def _work(self, message: Message) -> None:
        log = self._log.bind(message_id=message.id, receive_count=message.receive_count)
        try:
            self._settle(message, log)
        except AwsError as error:
            log.error("message_not_settled", error=str(error), consequence="it comes again")  # noqa: TRY400
        except Exception:
            log.exception("unexpected_error", consequence="the message comes again")
            self._hand_back(message, log, delay_s=self._retry_delay_s(message))
        finally:
            with self._idle:
                self._held.pop(message.receipt, None)
                self._parts.metrics.in_work.set(len(self._held))
                self._idle.notify_all()
            self._slots.release()

    def _settle(self, message: Message, log: FilteringBoundLogger) -> None:
        """Brings a message to its end. Raises: AwsError, and then the message comes again by itself."""
        try:
            events = parse_notification(message.body)
        except MalformedNotificationError as error:
            self._parts.dead_letters.put(
                message.body,
                reason_code=ReasonCode.MALFORMED_EVENT,
                reason=f"The message is no S3 event notification: {error}",
                attempts=message.receive_count,
            )
            self._parts.queue.delete(message)
            log.error("malformed_message", error=str(error))  # noqa: TRY400
            return
        if not events:
            log.info("message_without_uploads", hint="s3:TestEvent, or nothing was created")
        delivery = Delivery(message.id, message.sent_at, message.receive_count)
        # Each is settled by itself: one that must be tried again does not hold up the others.
        is_settled = [self._settle_event(event, delivery, log.bind(object_key=event.key)) for event in events]
        if all(is_settled):
            self._parts.queue.delete(message)
        else:
            self._hand_back(message, log, delay_s=0 if self._aborting.is_set() else self._retry_delay_s(message))

    def _settle_event(self, event: UploadEvent, delivery: Delivery, log: FilteringBoundLogger) -> bool:
        """Return True if an event needs no further try. Raises: AwsError."""
        log.info("video_received", size_bytes=event.size_bytes)
        try:
            self._refuse_endless_tries(delivery)
            result = self._parts.processor.process(event, delivery)
        except ProcessingError as error:
            log = self._report_index_failure(error.outcome.index_failure if error.outcome else None, log)
            return self._settle_failure(event, delivery, error, log)
        except Exception as error:
            log.exception("unexpected_error")
            reason = f"The worker failed: {type(error).__name__}: {error}"
            internal = ProcessingError(ReasonCode.INTERNAL, reason[:_MAX_REASON_CHARS], retryable=True)
            return self._settle_failure(event, delivery, internal, log)
        if isinstance(result, Stored):
            record = result.record
            self._parts.metrics.observe(record)
            log = self._report_index_failure(result.index_failure, log)
            log.info(
                "video_done",
                state=record.state,
                reason=record.reason,
                thumbnails=[thumbnail.key for thumbnail in record.thumbnails],
                bytes_read=record.bytes_read,
                requests=record.requests,
                cpu_s=record.cpu_s,
            )
        else:
            self._parts.metrics.skipped.labels(result.why).inc()
            log.info("video_skipped", why=result.why)
        return True

    def _report_index_failure(self, failure: IndexFailure | None, log: FilteringBoundLogger) -> FilteringBoundLogger:
        """Count an error of an index reader, and return a log that names it. A bug gets a warning of its own."""
        if failure is None:
            return log
        self._parts.metrics.count_index_failure(failure)
        if not failure.is_expected:
            log.warning("index_reader_failed", **asdict(failure))
        return log.bind(index_failure=str(failure))

    def _refuse_endless_tries(self, delivery: Delivery) -> None:
        """Raises: ProcessingError if too many tries have ended without a word: the video may be what ends them."""
        if delivery.receive_count > self._settings.max_receive_count + SPARE_RECEIVES - _SETTLING_RECEIVES:
            reason = f"It was received {delivery.receive_count} times, and no worker came to an end with it."
            raise ProcessingError(ReasonCode.INTERNAL, reason, retryable=False)

    def _settle_failure(
        self, event: UploadEvent, delivery: Delivery, error: ProcessingError, log: FilteringBoundLogger
    ) -> bool:
        log = log.bind(reason_code=error.code, reason=error.reason)
        is_last = delivery.receive_count >= self._settings.max_receive_count
        if self._aborting.is_set() or (error.retryable and not is_last):
            self._parts.metrics.retries.labels(error.code).inc()
            log.warning("video_to_be_retried")
            return False
        if not self._parts.processor.is_failure(event, delivery, error):
            self._parts.metrics.skipped.labels("settled_elsewhere").inc()
            log.info("video_skipped", why="settled_elsewhere")
            return True
        # First the dead letter, then the record, then (by the caller) the message: a crash in between can only repeat.
        self._parts.dead_letters.put(
            notification_body(event), reason_code=error.code, reason=error.reason, attempts=delivery.receive_count
        )
        self._parts.processor.record_failure(event, delivery, error)
        self._parts.metrics.videos.labels("failed", error.code).inc()
        log.error("video_failed")
        return True

    def _retry_delay_s(self, message: Message) -> float:
        delay_s = min(self._settings.retry_delay_s * 2.0 ** (message.receive_count - 1), _LONGEST_RETRY_DELAY_S)
        # Spread out, so that what failed together does not come back together.
        return delay_s * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret

    def _hand_back(self, message: Message, log: FilteringBoundLogger, *, delay_s: float) -> None:
        try:
            self._parts.queue.hand_back(message, delay_s=delay_s)
        except AwsError as error:
            log.warning("hand_back_failed", error=str(error), consequence="it comes again after its visibility timeout")
        else:
            log.info("message_handed_back", delay_s=round(delay_s, 1))

    def _beat_heart(self) -> None:
        """Extends the visibility of what is in work, every third of it."""
        while not self._aborting.wait(self._settings.visibility_timeout_s / 3):
            with self._lock:
                held = list(self._held.values())
            if not held:
                continue
            try:
                refused = self._parts.queue.extend(held, visibility_timeout_s=self._settings.visibility_timeout_s)
            except AwsError as error:
                self._log.warning("heartbeat_failed", error=str(error), messages=len(held))
                continue
            for message in refused:
                self._log.warning("heartbeat_refused", message_id=message.id, consequence="another worker may have it")

    def _drain(self) -> None:
        """Waits for what is in work; when the grace period is over, ends it and hands it back."""
        grace_until = (self._stop_at or time.monotonic()) + self._settings.shutdown_grace_s
        with self._idle:
            self._log.info("draining", messages=len(self._held), grace_s=self._settings.shutdown_grace_s)
            while self._held and not self._aborting.is_set() and time.monotonic() < grace_until:
                self._idle.wait(_LOOK_EVERY_S)
            is_over = bool(self._held)
        if is_over:
            self._aborting.set()
            self._log.warning("grace_period_over", consequence="what is in work is handed back")
            self._parts.sandbox.kill_children()
