"""Settings in force of all services: the api's own, and those that worker and frames publish in the videos table."""

import time
from datetime import UTC, datetime

from services.api.calls import AwsCalls
from services.api.schema.problems import UnavailableError
from services.aws.errors import AwsError
from services.aws.shared import SharedItems
from services.aws.table.published_settings import PublishedSettings, read_settings
from services.contract.settings.api import ApiSettings
from services.contract.settings.values import (
    Service,
    SettingsInForce,
    SettingsOfService,
    SettingsVariant,
    list_values,
)
from services.contract.version import VERSION

_FRESH_S = 5.0
_WITHIN_S = 5.0
"""Seconds that an answer waits for the table; afterwards it says that it has not answered."""


class SettingsReader:
    """Reader of the settings of all services, with one reading of the table in five seconds. Use it on the event loop.

    A silent table hides the settings of worker and frames only.
    """

    def __init__(self, settings: ApiSettings, shared: SharedItems, calls: AwsCalls) -> None:
        self._settings = settings
        self._shared = shared
        self._calls = calls
        self._others: tuple[Service, ...] = ("worker", "frames") if settings.frames_enabled else ("worker",)
        self._known: dict[Service, PublishedSettings] = {}
        self._read_at: float | None = None

    async def list_services(self) -> SettingsInForce:
        """Return the settings of worker, api and, if the pipeline has one, the frames service."""
        error = None
        if self._read_at is None or time.monotonic() - self._read_at >= _FRESH_S:
            try:
                self._known = await self._calls.run_shared("settings", self._read_table, within_s=_WITHIN_S)
                self._read_at = time.monotonic()
            except (AwsError, UnavailableError):
                error = "The videos table does not answer."
        now = datetime.now(UTC)
        worker, *frames = [self._show(service, error, now) for service in self._others]
        return SettingsInForce(services=[worker, self._show_own(now), *frames])

    def _read_table(self) -> dict[Service, PublishedSettings]:
        return {service: read_settings(self._shared, service) for service in self._others}

    def _show_own(self, now: datetime) -> SettingsOfService:
        own = SettingsVariant(version=VERSION, seen_at=now, items=list_values(self._settings))
        return SettingsOfService(service="api", is_running=True, variants=[own], error=None)

    def _show(self, service: Service, error: str | None, now: datetime) -> SettingsOfService:
        published = PublishedSettings() if error else self._known[service]
        running = published.running(now)
        variants = list(running or published.variants[:1])
        return SettingsOfService(service=service, is_running=bool(running), variants=variants, error=error)
