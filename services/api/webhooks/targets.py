"""Targets of events: the webhooks, and the event bus if there is one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

import structlog

from services.api.schema.problems import NotFoundError
from services.api.webhooks.addresses import RefusedAddressError, WebhookUrl, parse_target
from services.api.webhooks.sending import TIMEOUT_S, WebhookMessage, send_message
from services.api.webhooks.store import StoredWebhook, WebhookStore
from services.contract.outbox.deliveries import StoredDeliveryAttempt
from services.contract.outbox.events import VideoEvent, write_body

GONE = 410
"""Status by which a target asks for no further events."""

_TEST_TIMEOUT_S = 8.0
"""Shorter than the time that a request of the api may take."""


@dataclass(frozen=True)
class EventTarget:
    """A target as the dispatcher sees it. `place` is shown in logs: it has no secret."""

    id: str
    place: str
    matches: Callable[[VideoEvent], bool]
    send: Callable[[VideoEvent], StoredDeliveryAttempt]


class WebhookTargets:
    """The webhooks as targets."""

    def __init__(self, store: WebhookStore, *, allow_private: bool, others: Sequence[EventTarget] = ()) -> None:
        """Set the webhooks, and further targets such as an event bus."""
        self._store = store
        self._allow_private = allow_private
        self._others = {target.id: target for target in others}
        self._log = structlog.get_logger()

    def list(self) -> dict[str, EventTarget]:
        """Return the targets that are on, by id. Raises: UnavailableError."""
        enabled = (webhook for webhook in self._store.list() if webhook.enabled)
        return {webhook.id: self._make_target(webhook) for webhook in enabled} | self._others

    def test(self, webhook: StoredWebhook) -> StoredDeliveryAttempt:
        """Send a test message to a webhook now, once. Raises: AwsError."""
        now = datetime.now(UTC)
        body = write_body("webhook.test", now, {"webhook": webhook.id})
        return self._send(webhook, WebhookMessage(f"evt_test_{token_hex(8)}", body), timeout_s=_TEST_TIMEOUT_S)

    def check_url(self, url: str) -> WebhookUrl:
        """Return the parts of a URL that follows the rules. Raises: RefusedAddressError."""
        return parse_target(url, allow_private=self._allow_private)

    def _make_target(self, webhook: StoredWebhook) -> EventTarget:
        def send(event: VideoEvent) -> StoredDeliveryAttempt:
            attempt = self._send(webhook, WebhookMessage(event.id, event.body), timeout_s=TIMEOUT_S)
            if attempt.status_code == GONE:
                self._switch_off(webhook)
            return attempt

        return EventTarget(webhook.id, show_origin(webhook.url), webhook.matches, send)

    def _send(self, webhook: StoredWebhook, message: WebhookMessage, *, timeout_s: float) -> StoredDeliveryAttempt:
        secrets = self._store.valid_secrets(webhook, datetime.now(UTC))
        began_s = time.monotonic()
        try:
            target = self.check_url(webhook.url)
        except RefusedAddressError as error:
            # The setting has changed since the webhook was made.
            took_ms = round((time.monotonic() - began_s) * 1000)
            return StoredDeliveryAttempt(at=datetime.now(UTC), error=f"the address {error}", duration_ms=took_ms)
        return send_message(target, secrets, message, allow_private=self._allow_private, timeout_s=timeout_s)

    def _switch_off(self, webhook: StoredWebhook) -> None:
        try:
            self._store.switch_off(webhook.id, "The target has answered 410 Gone.")
        except NotFoundError:
            return
        self._log.warning("webhook_switched_off", webhook=webhook.id, host=show_origin(webhook.url))


def show_origin(url: str) -> str:
    """Return scheme and host of a webhook's URL, for logs and for callers that may not see the whole."""
    try:
        return parse_target(url, allow_private=True).origin
    except RefusedAddressError:
        return ""
