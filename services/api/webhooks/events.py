"""Events of the api: webhooks, deliveries and dispatcher, made from the settings."""

from dataclasses import dataclass

from services.api.access.cursors import Cursors
from services.api.access.secret_key import SecretKey
from services.api.schema.problems import ConflictError
from services.api.telemetry import Telemetry
from services.api.webhooks.bus import make_bus_target
from services.api.webhooks.deliveries import EventDeliveries
from services.api.webhooks.dispatcher import Dispatcher
from services.api.webhooks.lease import Lease
from services.api.webhooks.store import WebhookStore
from services.api.webhooks.targets import EventTarget, WebhookTargets
from services.aws.clients import Clients
from services.aws.event_bus import EventBus, make_events_client
from services.aws.shared import SharedItems
from services.aws.table.outbox import OutboxTable
from services.contract.settings.api import ApiSettings

_BUS_CONNECTIONS = 4
"""As many as the events that are sent to one target at once."""


@dataclass(frozen=True)
class EventServices:
    is_enabled: bool
    allow_private: bool
    webhooks: WebhookStore
    targets: WebhookTargets
    deliveries: EventDeliveries
    dispatcher: Dispatcher

    def check_enabled(self) -> None:
        """Raise ConflictError if no events are written."""
        if not self.is_enabled:
            raise ConflictError("Events are off. Set EVENTS_ENABLED to true, in pipeline.toml events.enabled.")

    def start(self) -> None:
        if self.is_enabled:
            self.dispatcher.start()

    def close(self) -> None:
        if self.is_enabled:
            self.dispatcher.close()


def make_events(
    settings: ApiSettings, clients: Clients, patient: Clients, *, key: SecretKey, telemetry: Telemetry
) -> EventServices:
    """Make what events need: `clients` are for requests, `patient` for the dispatcher."""
    shared = SharedItems(clients.dynamodb, settings.videos_table)
    webhooks = WebhookStore(shared, key)
    allow_private = settings.events_allow_private_targets
    targets = WebhookTargets(webhooks, allow_private=allow_private, others=_list_others(settings))
    table = OutboxTable(clients.dynamodb, settings.videos_table, settings.table_shards)
    patient_table = OutboxTable(patient.dynamodb, settings.videos_table, settings.table_shards)
    lease = Lease(SharedItems(patient.dynamodb, settings.videos_table))
    dispatcher = Dispatcher(patient_table, lease, targets.list, count=telemetry.count_delivery)
    if settings.events_enabled:
        telemetry.export_deliveries(dispatcher)
    return EventServices(
        is_enabled=settings.events_enabled,
        allow_private=allow_private,
        webhooks=webhooks,
        targets=targets,
        deliveries=EventDeliveries(table, webhooks, Cursors(key)),
        dispatcher=dispatcher,
    )


def _list_others(settings: ApiSettings) -> list[EventTarget]:
    """Return the targets that are no webhooks: the event bus, if the settings name one."""
    if settings.events_bus is None:
        return []
    client = make_events_client(settings.aws_region, connections=_BUS_CONNECTIONS)
    return [make_bus_target(EventBus(client, settings.events_bus), settings.events_bus)]
