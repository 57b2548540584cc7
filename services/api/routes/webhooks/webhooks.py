"""Webhooks: create, list, change, delete, rotate the secret, test, replay a time window."""

from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Path

from services.api.access.auth import Caller
from services.api.calls import AwsRoute
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import UnprocessableError, document_problems
from services.api.services import Admin, ApiServices, Operator, Services, Viewer
from services.api.webhooks.addresses import RefusedAddressError, resolve_target
from services.api.webhooks.models import (
    CreatedWebhook,
    Replayed,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookRequest,
    WebhookSecret,
    WebhookTest,
    WindowReplay,
)
from services.api.webhooks.store import PREVIOUS_VALID_FOR, StoredWebhook
from services.api.webhooks.targets import show_origin

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"], route_class=AwsRoute, dependencies=CHECKED)

_ADMIN = {"x-role": "admin"}
_log = structlog.get_logger()

WebhookId = Annotated[
    str,
    Path(min_length=1, max_length=64, description="The `id` of the webhook.", examples=["9f86d081884c7d65"]),
]


@router.get("", operation_id="listWebhooks", summary="List the webhooks", responses=document_problems(401, 429, 503))
def list_webhooks(caller: Viewer, services: Services) -> WebhookList:
    """List all webhooks, without their secrets. While events are off, the list is empty."""
    events = services.events
    items = [_show(webhook, caller) for webhook in events.webhooks.list()] if events.is_enabled else []
    return WebhookList(enabled=events.is_enabled, items=items)


@router.post(
    "",
    operation_id="createWebhook",
    summary="Create a webhook",
    status_code=201,
    responses=document_problems(401, 403, 409, 422, 429, 503),
    openapi_extra=_ADMIN,
)
def create_webhook(request: WebhookRequest, caller: Admin, services: Services) -> CreatedWebhook:
    """Create a webhook. It gets the events from now on. The answer has its secret, which cannot be read again."""
    events = services.events
    events.check_enabled()
    _check_url(request.url, services)
    stored = events.webhooks.create(**request.model_dump())
    _log.info("webhook_created", webhook=stored.id, host=show_origin(stored.url), by=caller.name)
    return CreatedWebhook(**_show(stored, caller).model_dump(), secret=events.webhooks.read_secret(stored))


@router.patch(
    "/{webhook_id}",
    operation_id="changeWebhook",
    summary="Change a webhook",
    responses=document_problems(401, 403, 404, 409, 422, 429, 503),
    openapi_extra=_ADMIN,
)
def change_webhook(webhook_id: WebhookId, request: WebhookChange, caller: Admin, services: Services) -> Webhook:
    """Change the given fields; within seconds they hold for all deliveries, pending ones included."""
    services.events.check_enabled()
    changes = request.model_dump(exclude_none=True)
    if request.url is not None:
        _check_url(request.url, services)
    if request.states is not None:
        changes["states"] = tuple(request.states)
    if request.enabled is not None:
        changes["disabled_reason"] = None
    stored = services.events.webhooks.change(webhook_id, lambda one: one.model_copy(update=changes))
    _log.info("webhook_changed", webhook=stored.id, fields=sorted(changes), by=caller.name)
    return _show(stored, caller)


@router.delete(
    "/{webhook_id}",
    operation_id="deleteWebhook",
    summary="Delete a webhook",
    status_code=204,
    responses=document_problems(401, 403, 404, 409, 429, 503),
    openapi_extra=_ADMIN,
)
def delete_webhook(webhook_id: WebhookId, caller: Admin, services: Services) -> None:
    """Delete a webhook. Its pending deliveries end; their list stays as long as their events."""
    services.events.check_enabled()
    services.events.webhooks.delete(webhook_id)
    _log.info("webhook_deleted", webhook=webhook_id, by=caller.name)


@router.post(
    "/{webhook_id}/secrets",
    operation_id="rotateWebhookSecret",
    summary="Rotate the secret of a webhook",
    status_code=201,
    responses=document_problems(401, 403, 404, 409, 429, 503),
    openapi_extra=_ADMIN,
)
def rotate_secret(webhook_id: WebhookId, caller: Admin, services: Services) -> WebhookSecret:
    """Make a new secret. For 24 hours, each message also has a signature of the previous one."""
    services.events.check_enabled()
    stored = services.events.webhooks.rotate(webhook_id)
    _log.info("webhook_secret_rotated", webhook=stored.id, version=stored.secret_version, by=caller.name)
    until = stored.previous_secret_until or datetime.now(UTC) + PREVIOUS_VALID_FOR
    return WebhookSecret(secret=services.events.webhooks.read_secret(stored), previous_valid_until=until)


@router.post(
    "/{webhook_id}/tests",
    operation_id="testWebhook",
    summary="Send a test message",
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def send_test(webhook_id: WebhookId, _: Operator, services: Services) -> WebhookTest:
    """Send a signed `webhook.test` message now, once, and return the status of the answer."""
    services.events.check_enabled()
    attempt = services.events.targets.test(services.events.webhooks.find(webhook_id))
    return WebhookTest(**attempt.model_dump(exclude={"at"}))


@router.post(
    "/{webhook_id}/replays",
    operation_id="replayWindow",
    summary="Replay a time window",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 422, 429, 503),
)
def replay_window(webhook_id: WebhookId, request: WindowReplay, caller: Operator, services: Services) -> Replayed:
    """Send the kept events of a time window to a webhook again: those that match it, in the order of each video.

    At most 1,000 events; 422 if the window has more, and then nothing is sent.
    """
    events = services.events
    events.check_enabled()
    webhook = events.webhooks.find(webhook_id)
    count = events.deliveries.replay_window(webhook, request.since, request.until, request.states)
    _log.info("window_replayed", webhook=webhook.id, deliveries=count, by=caller.name)
    return Replayed(deliveries=count)


def _check_url(url: str, services: ApiServices) -> None:
    """Raise UnprocessableError if the pipeline may not send to a URL, or if its host is not known."""
    events = services.events
    try:
        resolve_target(events.targets.check_url(url), allow_private=events.allow_private)
    except RefusedAddressError as error:
        raise UnprocessableError("body.url", str(error), value=show_origin(url) or url) from None
    except OSError:
        raise UnprocessableError("body.url", "must have a host with an address", value=show_origin(url)) from None


def _show(webhook: StoredWebhook, caller: Caller) -> Webhook:
    now = datetime.now(UTC)
    until = webhook.previous_secret_until
    shown = webhook.model_dump() | {"states": list(webhook.states)}
    shown["previous_secret_until"] = until if until and until > now else None
    if not caller.is_admin:
        shown["url"] = show_origin(webhook.url)
    return Webhook(**shown)
