"""The worker's loop: receive messages, keep them hidden while their videos are processed, and settle each one.

A message ends in one of three ways: deleted (all of its videos have their thumbnails, or need none), handed back
(another attempt after a delay), or in the dead-letter queue with its reason. The worker deletes it last, so that SQS
delivers it again if anything fails before.
"""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import structlog
from opentelemetry import trace
from opentelemetry.trace import Link, SpanKind, StatusCode
from structlog.typing import FilteringBoundLogger

from services.aws.errors import AwsError
from services.aws.queue import MAX_BATCH, DeadLetterQueue, Message, MessageQueue
from services.contract.events import (
    Delivery,
    MalformedNotificationError,
    UploadEvent,
    adopt_event,
    make_notification_body,
    parse_notification,
)
from services.contract.records import ReasonCode
from services.contract.resources import SPARE_ATTEMPTS, SPARE_RECEIVES
from services.contract.settings import WorkerSettings
from services.contract.traces import upload_trace_id
from services.tracing import make_links, record_span, tracer, upload_context
from services.worker.extraction.index_failure import IndexFailure
from services.worker.extraction.sandbox.sandbox import Sandbox
from services.worker.health import HealthServer
from services.worker.metrics import WorkerMetrics
from services.worker.process import ProcessingError, Processor, Stored

_MAX_RETRY_DELAY_S = 900.0
_RECEIVE_RETRY_S = 5.0
_POLL_INTERVAL_S = 0.2
_PAUSE_CHECK_S = 1.0
_MAX_REASON_CHARS = 1000


@dataclass(frozen=True)
class WorkerServices:
    """Services that the loop calls."""

    queue: MessageQueue
    dead_letters: DeadLetterQueue
    processor: Processor
    sandbox: Sandbox
    metrics: WorkerMetrics
    health: HealthServer
    is_paused: Callable[[], bool] = lambda: False
    """Return True while no messages may be received; the loop asks before each receive."""


class WorkerLoop:
    """Loop that runs until `stop` is called; then it receives no more messages, and finishes those that it has."""

    def __init__(self, settings: WorkerSettings, services: WorkerServices) -> None:
        self._settings = settings
        self._services = services
        self._log: FilteringBoundLogger = structlog.get_logger()
        self._stopping = threading.Event()
        self._aborting = threading.Event()
        self._stop_at: float | None = None
        self._slots = threading.Semaphore(settings.worker_concurrency)
        self._held: dict[str, Message] = {}
        self._idle = threading.Condition()
        """Guards `_held`, and reports each message that leaves it."""
        self._received: str | None = None
        """Traceparent of the span of the latest receive."""

    def stop(self) -> None:
        """Start a drain; a second call hands back all messages at once. A signal handler may call it."""
        if self._stopping.is_set():
            self._aborting.set()
        self._stop_at = self._stop_at or time.monotonic()
        self._stopping.set()

    def run(self) -> None:
        """Process messages until `stop` is called and the drain has ended.

        In a pause, nothing is received. Messages that a poll returns which began before the pause are processed: each
        receive counts as an attempt, so that handing them back from worker to worker would use up their attempts.
        """
        heart = threading.Thread(target=self._extend_visibility, name="heartbeat", daemon=True)
        heart.start()
        with ThreadPoolExecutor(self._settings.worker_concurrency, thread_name_prefix="video") as pool:
            while not self._stopping.is_set():
                self._services.health.beat()
                if self._services.is_paused():
                    self._stopping.wait(_PAUSE_CHECK_S)
                    continue
                slots = self._reserve_slots()
                messages = self._receive_messages(slots) if slots else []
                for _ in range(slots - len(messages)):
                    self._slots.release()
                for message in messages:
                    self._submit_message(message, pool)
            self._drain_messages()
        self._aborting.set()
        heart.join()

    def _reserve_slots(self) -> int:
        """Reserve all free slots, at most a batch; return their number, 0 if none becomes free within a short wait."""
        if not self._slots.acquire(timeout=_POLL_INTERVAL_S):
            return 0
        count = 1
        while count < MAX_BATCH and self._slots.acquire(blocking=False):
            count += 1
        return count

    def _receive_messages(self, count: int) -> list[Message]:
        begin_ns = time.time_ns()
        try:
            messages = self._services.queue.receive(
                count,
                wait_s=self._settings.receive_wait_s,
                visibility_timeout_s=self._settings.visibility_timeout_s,
            )
        except AwsError as error:
            self._log.error("receive_failed", error=str(error), retry_in_s=_RECEIVE_RETRY_S)
            self._stopping.wait(_RECEIVE_RETRY_S)
            return []
        if messages:
            attributes = {"messaging.system": "aws_sqs", "messaging.batch.message_count": len(messages)}
            self._received = record_span("receive", kind=SpanKind.CLIENT, start_ns=begin_ns, attributes=attributes)
        return messages

    def _submit_message(self, message: Message, pool: ThreadPoolExecutor) -> None:
        if self._stopping.is_set():
            # A poll that began before the drain has returned it.
            self._hand_back_message(message, self._log.bind(message_id=message.id), delay_s=0)
            self._slots.release()
            return
        with self._idle:
            # By its receipt, not its id: this worker can receive a message again after its visibility ran out.
            self._held[message.receipt] = message
            self._services.metrics.in_progress.set(len(self._held))
        pool.submit(self._process_message, message, self._received)

    def _process_message(self, message: Message, received: str | None) -> None:
        log = self._log.bind(message_id=message.id, receive_count=message.receive_count)
        try:
            self._settle_message(message, received, log)
        except AwsError as error:
            log.error("message_not_settled", error=str(error), consequence="SQS delivers it again")  # noqa: TRY400
        except Exception:
            log.exception("unexpected_error", consequence="SQS delivers the message again")
            self._hand_back_message(message, log, delay_s=self._retry_delay_s(message))
        finally:
            with self._idle:
                self._held.pop(message.receipt, None)
                self._services.metrics.in_progress.set(len(self._held))
                self._idle.notify_all()
            self._slots.release()

    def _settle_message(self, message: Message, received: str | None, log: FilteringBoundLogger) -> None:
        """Process the videos of a message, then delete it or hand it back.

        Raises: AwsError; SQS then delivers the message again.
        """
        try:
            bucket, sources = self._settings.s3_bucket, self._settings.s3_source_buckets
            events = [adopt_event(event, bucket, sources) for event in parse_notification(message.body)]
        except MalformedNotificationError as error:
            self._services.dead_letters.put(
                message.body,
                reason_code=ReasonCode.MALFORMED_EVENT,
                reason=f"The message is not an S3 event notification: {error}",
                attempts=message.receive_count,
            )
            self._services.queue.delete(message)
            log.error("malformed_message", error=str(error))  # noqa: TRY400
            return
        if not events:
            log.info("message_without_uploads", hint="s3:TestEvent, or no object was created")
        delivery = Delivery(message.id, message.sent_at, message.receive_count)
        links = make_links([received, message.attributes.get("traceparent")])
        # Each event is settled on its own: one that needs another attempt does not delay the others.
        is_settled = [self._trace_event(event, delivery, links, log) for event in events]
        if all(is_settled):
            self._services.queue.delete(message)
        else:
            self._hand_back_message(
                message, log, delay_s=0 if self._aborting.is_set() else self._retry_delay_s(message)
            )

    def _trace_event(
        self, event: UploadEvent, delivery: Delivery, links: list[Link], log: FilteringBoundLogger
    ) -> bool:
        """Process one video within a span of its upload's trace; return False if it needs another attempt.

        Raises: AwsError.
        """
        trace_id = upload_trace_id(event.key, event.etag)
        attributes: dict[str, str | int] = {
            "messaging.system": "aws_sqs",
            "messaging.message.id": delivery.message_id,
            "aws.s3.bucket": event.bucket,
            "aws.s3.key": event.key,
            "thumbnails.receive_count": delivery.receive_count,
        }
        with tracer.start_as_current_span(
            "process", upload_context(trace_id), kind=SpanKind.CONSUMER, attributes=attributes, links=links
        ):
            return self._settle_event(event, delivery, log.bind(object_key=event.key, trace_id=trace_id))

    def _settle_event(self, event: UploadEvent, delivery: Delivery, log: FilteringBoundLogger) -> bool:
        """Process one video; return False if it needs another attempt. Raises: AwsError."""
        log.info("video_received", size_bytes=event.size_bytes)
        try:
            if not event.is_removal:
                self._refuse_endless_attempts(delivery)
            result = self._services.processor.process(event, delivery)
        except ProcessingError as error:
            trace.get_current_span().set_status(StatusCode.ERROR, f"{error.code}: {error.reason}")
            log = self._report_index_failure(error.outcome.index_failure if error.outcome else None, log)
            return self._settle_failure(event, delivery, error, log)
        except Exception as error:
            log.exception("unexpected_error")
            reason = f"The worker failed: {type(error).__name__}: {error}"
            trace.get_current_span().set_status(StatusCode.ERROR, reason[:_MAX_REASON_CHARS])
            internal = ProcessingError(ReasonCode.INTERNAL, reason[:_MAX_REASON_CHARS], retryable=True)
            return self._settle_failure(event, delivery, internal, log)
        if isinstance(result, Stored):
            record = result.record
            self._services.metrics.observe_video(record)
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
            self._services.metrics.skipped.labels(result.why).inc()
            log.info("video_skipped", why=result.why)
        return True

    def _report_index_failure(self, failure: IndexFailure | None, log: FilteringBoundLogger) -> FilteringBoundLogger:
        """Count an error of an index reader, and return a log that names it. A bug gets a warning of its own."""
        if failure is None:
            return log
        self._services.metrics.count_index_failure(failure)
        if not failure.is_expected:
            log.warning("index_reader_failed", **asdict(failure))
        return log.bind(index_failure=str(failure))

    def _refuse_endless_attempts(self, delivery: Delivery) -> None:
        """Raise if too many attempts have ended without a result: the video may crash its worker.

        Raises: ProcessingError.
        """
        if delivery.receive_count > self._settings.max_receive_count + SPARE_ATTEMPTS:
            reason = f"It was received {delivery.receive_count} times, and no worker finished it."
            raise ProcessingError(ReasonCode.INTERNAL, reason, retryable=False)

    def _settle_failure(
        self, event: UploadEvent, delivery: Delivery, error: ProcessingError, log: FilteringBoundLogger
    ) -> bool:
        log = log.bind(reason_code=error.code, reason=error.reason)
        # A deletion that fails has nothing to record: it also takes the receives that are kept for that.
        spare = SPARE_RECEIVES if event.is_removal else 0
        is_last = delivery.receive_count >= self._settings.max_receive_count + spare
        if self._aborting.is_set() or (error.retryable and not is_last):
            self._services.processor.note_attempt(error)
            self._services.metrics.retries.labels(error.code).inc()
            log.warning("video_to_be_retried")
            return False
        if event.is_removal:
            # Nothing that a person could try again: a dead letter would be of no video.
            log.error("deletion_not_followed", hint="a reconciliation removes the record and the thumbnails")
            return True
        failed = self._services.processor.find_failed_upload(event, delivery, error)
        if failed is None:
            self._services.metrics.skipped.labels("settled_elsewhere").inc()
            log.info("video_skipped", why="settled_elsewhere")
            return True
        if self._services.processor.bring_back_result(failed, delivery, error):
            self._services.metrics.videos.labels("failed", error.code).inc()
            log.error("regeneration_failed", consequence="the video keeps its thumbnails, and has no dead letter")
            return True
        # First the dead letter, then the record, then (by the caller) the message: a crash only repeats this.
        self._services.dead_letters.put(
            make_notification_body(failed), reason_code=error.code, reason=error.reason, attempts=delivery.receive_count
        )
        self._services.processor.record_failure(failed, delivery, error)
        self._services.metrics.videos.labels("failed", error.code).inc()
        log.error("video_failed")
        return True

    def _retry_delay_s(self, message: Message) -> float:
        delay_s = min(self._settings.retry_delay_s * 2.0 ** (message.receive_count - 1), _MAX_RETRY_DELAY_S)
        # Videos that failed together must not come back together.
        return delay_s * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret

    def _hand_back_message(self, message: Message, log: FilteringBoundLogger, *, delay_s: float) -> None:
        try:
            self._services.queue.hand_back(message, delay_s=delay_s)
        except AwsError as error:
            log.warning(
                "hand_back_failed", error=str(error), consequence="SQS delivers it after its visibility timeout"
            )
        else:
            log.info("message_handed_back", delay_s=round(delay_s, 1))

    def _extend_visibility(self) -> None:
        """Extend the visibility of all messages in progress, at each third of the visibility timeout."""
        while not self._aborting.wait(self._settings.visibility_timeout_s / 3):
            with self._idle:
                held = list(self._held.values())
            if not held:
                continue
            try:
                refused = self._services.queue.extend(held, visibility_timeout_s=self._settings.visibility_timeout_s)
            except AwsError as error:
                self._log.warning("heartbeat_failed", error=str(error), messages=len(held))
                continue
            for message in refused:
                self._log.warning(
                    "heartbeat_refused", message_id=message.id, consequence="another worker may receive it"
                )

    def _drain_messages(self) -> None:
        """Wait for the videos in progress; end their extraction and hand them back after the grace period."""
        grace_until = (self._stop_at or time.monotonic()) + self._settings.shutdown_grace_s
        with self._idle:
            self._log.info("draining", messages=len(self._held), grace_s=self._settings.shutdown_grace_s)
            while self._held and not self._aborting.is_set() and time.monotonic() < grace_until:
                self._idle.wait(_POLL_INTERVAL_S)
            is_over = bool(self._held)
        if is_over:
            self._aborting.set()
            self._services.sandbox.kill_children()
            self._log.warning("grace_period_over", consequence="videos in progress are handed back")
