"""Models of requests and answers about webhooks and their deliveries."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer, Question, Shown
from services.contract.outbox.deliveries import DeliveryState
from services.contract.outbox.events import End

_PREFIX = "Only videos whose key begins with this; all when empty."
_STATES = "Only events of these ends."

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2048,
        description="Address that gets a POST for each event. It must begin with https:// and lead to a public address "
        "unless `EVENTS_ALLOW_PRIVATE_TARGETS` is true.",
        examples=["https://hooks.example.com/videos"],
    ),
]
Description = Annotated[str, Field(max_length=200, description="Text for people.", examples=["Media library"])]
Prefix = Annotated[str, Field(max_length=1024, description=_PREFIX, examples=["uploads/trip/"])]
Ends = Annotated[list[End], Field(min_length=1, max_length=3, description=_STATES, examples=[["done", "failed"]])]


class WebhookRequest(Question):
    url: Url
    description: Description = ""
    prefix: Prefix = ""
    states: Ends = Field(default=["done", "failed", "deleted"])


class WebhookChange(Question):
    """Fields to change; the others stay."""

    url: Url | None = None
    description: Description | None = None
    prefix: Prefix | None = None
    states: Ends | None = None
    enabled: bool | None = Field(
        default=None,
        description="False to switch it off: it gets no more events, and its pending deliveries end.",
        examples=[False],
    )


class Webhook(Answer):
    id: str = Field(examples=["9f86d081884c7d65"])
    url: str = Field(
        description="Address; for callers that are no admins, only its scheme and host, as a path can contain a "
        "secret.",
        examples=["https://hooks.example.com/videos"],
    )
    description: Shown = Field(examples=["Media library"])
    prefix: str = Field(description=_PREFIX, examples=["uploads/trip/"])
    states: list[End] = Field(description=_STATES, examples=[["done", "failed"]])
    enabled: bool
    disabled_reason: Shown | None = Field(
        description="Reason why the pipeline has switched it off; null if it is on, or if a person switched it off.",
        examples=["The target has answered 410 Gone."],
    )
    created_at: AwareDatetime
    secret_version: int = Field(description="Number of the current secret, counted from 1.", examples=[1])
    previous_secret_until: AwareDatetime | None = Field(
        description="Time until which messages have a signature of the previous secret too; null if none is valid."
    )


class WebhookList(Answer):
    enabled: bool = Field(description="False if `EVENTS_ENABLED` is false: no events are written.")
    items: list[Webhook] = Field(description="All webhooks, the newest first.")


class CreatedWebhook(Webhook):
    secret: str = Field(
        description="Secret that signs its messages. It is shown this once, and after a rotation.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class WebhookSecret(Answer):
    secret: str = Field(description="The new secret. It is shown this once.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8I"])
    previous_valid_until: AwareDatetime = Field(
        description="Until then each message has two signatures: of the new and of the previous secret."
    )


class WebhookTest(Answer):
    """Result of a test message. The body of the target's answer is never shown."""

    status_code: int | None = Field(description="Status of the answer; null without an answer.", examples=[204])
    error: Shown | None = Field(description="Reason of the failure; null if the status is 2xx.")
    duration_ms: int = Field(examples=[41])


class DeliveryAttempt(Answer):
    at: AwareDatetime
    status_code: int | None = Field(description="Status of the answer; null without an answer.", examples=[503])
    error: Shown | None = Field(
        description="Reason of the failure; null if the target has accepted it.", examples=["timeout"]
    )
    duration_ms: int = Field(examples=[41])


class EventDelivery(Answer):
    """Delivery of one event to one webhook."""

    id: str = Field(description="Id of the delivery, for its replay.", examples=["WyI5Zjg2ZDA4MSJd"])
    event_id: str = Field(description="The header `webhook-id` of its messages.", examples=["evt_4GqNSWmzbnZ2ZBvnXhKx"])
    webhook: str = Field(description="Id of the webhook; `event_bus` for the event bus.", examples=["9f86d081884c7d65"])
    type: Literal["video.done", "video.failed", "video.deleted"]
    key: str = Field(description="Key of the video.", examples=["uploads/trip/harbour.mp4"])
    state: DeliveryState = Field(
        description="`pending`: not yet accepted, or waiting for the video's event before it. `delivered`: accepted. "
        "`dead`: all attempts have failed. `ended`: the webhook was switched off or deleted before."
    )
    attempts: list[DeliveryAttempt] = Field(description="The latest attempts, at most 10, the oldest first.")
    next_attempt_at: AwareDatetime | None = Field(description="Time of the next attempt; null if it is not pending.")
    created_at: AwareDatetime = Field(description="Time of the event.")


class DeliveryPage(Answer):
    items: list[EventDelivery] = Field(
        description="By the time of the event's next attempt or of its end, the latest first."
    )
    next_cursor: str | None = Field(
        description="Cursor of the next page; null on the last. A page reads a thousand events: with a filter it can "
        "be empty and still not be the last."
    )


class WindowReplay(Question):
    """A time window of events, both ends included."""

    since: AwareDatetime = Field(strict=False, examples=["2026-11-29T08:00:00Z"])
    until: AwareDatetime = Field(strict=False, examples=["2026-11-29T09:00:00Z"])
    states: Ends | None = Field(default=None, description="Only events of these ends; all when null.")


class Replayed(Answer):
    deliveries: int = Field(description="Number of deliveries that are pending again.", examples=[12])
