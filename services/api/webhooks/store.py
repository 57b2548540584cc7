"""Webhooks of one pipeline, in a document of the videos table, and their secrets, which no document has.

A secret derives from the signing key of the table, the webhook's id and a number: a rotation changes the number.
"""

import base64
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.api.access.secret_key import SecretKey
from services.api.access.shared_document import SharedDocument
from services.api.schema.problems import ConflictError, NotFoundError
from services.api.webhooks.sending import SECRET_PREFIX
from services.aws.shared import SharedItems
from services.contract.outbox.events import ENDS, End, VideoEvent
from services.contract.resources import WEBHOOKS_KEY

MAX_WEBHOOKS = 100
"""Maximum number of webhooks: their document must fit into an item of the table."""

PREVIOUS_VALID_FOR = timedelta(hours=24)
"""Time after a rotation in which messages also have a signature of the previous secret."""


class StoredWebhook(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    url: str
    description: str = ""
    prefix: str = ""
    states: tuple[End, ...] = ENDS
    enabled: bool = True
    disabled_reason: str | None = None
    created_at: AwareDatetime
    secret_version: int = 1
    previous_secret_until: AwareDatetime | None = None

    def matches(self, event: VideoEvent) -> bool:
        return self.enabled and event.end in self.states and event.key.startswith(self.prefix)


class _Webhooks(BaseModel):
    model_config = ConfigDict(frozen=True)

    webhooks: tuple[StoredWebhook, ...] = ()


class WebhookStore:
    """The webhooks. A change applies to this process at once, and to all others within seconds."""

    def __init__(self, shared: SharedItems, key: SecretKey) -> None:
        self._document = SharedDocument(shared, WEBHOOKS_KEY, _Webhooks, name="webhooks")
        self._key = key

    def list(self) -> tuple[StoredWebhook, ...]:
        """Return the webhooks, the newest first. Raises: UnavailableError."""
        return self._document.current().webhooks[::-1]

    def find(self, webhook_id: str) -> StoredWebhook:
        """Return a webhook. Raises: NotFoundError, UnavailableError."""
        return _pick(self._document.current(), webhook_id)

    def create(self, **fields: object) -> StoredWebhook:
        """Store a new webhook. Raises: ConflictError if there are too many, AwsError, UnavailableError."""
        now = datetime.now(UTC).replace(microsecond=0)
        created = StoredWebhook.model_validate({**fields, "id": secrets.token_hex(8), "created_at": now})

        def add(stored: _Webhooks) -> _Webhooks:
            if len(stored.webhooks) >= MAX_WEBHOOKS:
                raise ConflictError(f"There are {MAX_WEBHOOKS} webhooks already. Delete one first.")
            return _Webhooks(webhooks=(*stored.webhooks, created))

        self._document.update(add)
        return created

    def change(self, webhook_id: str, change: Callable[[StoredWebhook], StoredWebhook]) -> StoredWebhook:
        """Replace a webhook by `change` of it. Raises: NotFoundError, AwsError, UnavailableError."""

        def replace(stored: _Webhooks) -> _Webhooks:
            changed = change(_pick(stored, webhook_id))
            return _Webhooks(webhooks=tuple(changed if one.id == webhook_id else one for one in stored.webhooks))

        return _pick(self._document.update(replace), webhook_id)

    def delete(self, webhook_id: str) -> None:
        """Delete a webhook. Raises: NotFoundError, AwsError, UnavailableError."""

        def remove(stored: _Webhooks) -> _Webhooks:
            _pick(stored, webhook_id)
            return _Webhooks(webhooks=tuple(one for one in stored.webhooks if one.id != webhook_id))

        self._document.update(remove)

    def rotate(self, webhook_id: str) -> StoredWebhook:
        """Give a webhook a new secret; the previous one stays valid for a day.

        Raises: NotFoundError, AwsError, UnavailableError.
        """
        until = datetime.now(UTC).replace(microsecond=0) + PREVIOUS_VALID_FOR

        def advance(webhook: StoredWebhook) -> StoredWebhook:
            return webhook.model_copy(
                update={"secret_version": webhook.secret_version + 1, "previous_secret_until": until}
            )

        return self.change(webhook_id, advance)

    def switch_off(self, webhook_id: str, reason: str) -> None:
        """Switch a webhook off. Raises: NotFoundError, AwsError, UnavailableError."""
        self.change(webhook_id, lambda one: one.model_copy(update={"enabled": False, "disabled_reason": reason}))

    def read_secret(self, webhook: StoredWebhook, *, version: int | None = None) -> str:
        """Return the secret of a webhook: the current one, or that of a version. Raises: AwsError."""
        purpose = f"webhook:{webhook.id}:{version or webhook.secret_version}".encode()
        derived = hmac.digest(self._key.remembered.encode(), purpose, "sha256")
        return SECRET_PREFIX + base64.b64encode(derived).decode()

    def valid_secrets(self, webhook: StoredWebhook, now: datetime) -> tuple[str, ...]:
        """Return the current secret, and the one before it for a day after a rotation. Raises: AwsError."""
        current = self.read_secret(webhook)
        if webhook.previous_secret_until is None or now >= webhook.previous_secret_until:
            return (current,)
        return current, self.read_secret(webhook, version=webhook.secret_version - 1)


def _pick(stored: _Webhooks, webhook_id: str) -> StoredWebhook:
    for webhook in stored.webhooks:
        if webhook.id == webhook_id:
            return webhook
    raise NotFoundError("There is no webhook with this id, or it has been deleted.")
