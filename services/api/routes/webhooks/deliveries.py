"""Deliveries of events: list, replay."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.api.calls import AwsRoute
from services.api.routes.paging import Cursor, Limit
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import document_problems
from services.api.services import Operator, Services, Viewer
from services.api.webhooks.models import DeliveryPage, EventDelivery
from services.contract.outbox.deliveries import DeliveryState

router = APIRouter(prefix="/api/deliveries", tags=["webhooks"], route_class=AwsRoute, dependencies=CHECKED)


@router.get(
    "",
    operation_id="listDeliveries",
    summary="List deliveries of events",
    responses=document_problems(400, 401, 429, 503),
)
def list_deliveries(
    _: Viewer,
    services: Services,
    webhook: Annotated[
        str | None, Query(min_length=1, max_length=64, description="Only deliveries to the webhook with this id.")
    ] = None,
    state: Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """List the deliveries of the kept events. While events are off, the list is empty."""
    if not services.events.is_enabled:
        return DeliveryPage(items=[], next_cursor=None)
    return services.events.deliveries.list_page(webhook=webhook, state=state, limit=limit, cursor=cursor)


@router.post(
    "/{delivery_id}/replays",
    operation_id="replayDelivery",
    summary="Replay a delivery",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def replay_delivery(
    delivery_id: Annotated[
        str, Path(min_length=1, max_length=4096, description="The `id` of the delivery.", examples=["WyI5Zjg2ZDA4MSJd"])
    ],
    _: Operator,
    services: Services,
) -> EventDelivery:
    """Send an event again to one webhook, with the same `webhook-id`; a pending one is attempted now."""
    services.events.check_enabled()
    return services.events.deliveries.replay(delivery_id)
