"""Settings in force of worker and frames in the videos table, from which the api shows them.

A service has one item with its variants: a version with its values, and the time at which a process last reported it.
Each process reads the item once a minute. It writes only if its variant is missing or was last reported some time ago,
so that any number of processes write it once in two minutes.
"""

import random
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from services.aws.deadline import Deadline
from services.aws.errors import AwsError, ServiceError, WriteConflictError
from services.aws.shared import Document, SharedItems
from services.contract.settings.pipeline import ServiceSettings
from services.contract.settings.values import Service, SettingsVariant, SettingValue, list_values, settings_key
from services.contract.version import VERSION

RUNNING_FOR = timedelta(minutes=5)
"""Time after its last report for which a variant counts as running: more than two of the reports may be missing."""

MAX_VARIANTS = 4
"""Maximum number of variants in an item: it stays small, and few processes write it, even if all of them differ."""

_REPORTED_FOR = timedelta(minutes=2)
"""Time after a report within which no process reports the same variant."""

_CHECK_EVERY_S = 60.0
_MAX_START_DELAY_S = 3.0
"""Upper limit of the random time before the first report: processes that start together do not read together."""

_WITHIN_S = 15.0
"""Seconds after which no further attempt of a report begins."""

_ATTEMPTS = 5


class PublishedSettings(BaseModel):
    """Content of the item of a service."""

    model_config = ConfigDict(frozen=True)

    variants: tuple[SettingsVariant, ...] = ()
    """Newest report first."""

    def running(self, now: datetime) -> tuple[SettingsVariant, ...]:
        """Return the variants that a process has reported lately."""
        return tuple(variant for variant in self.variants if now - variant.seen_at < RUNNING_FOR)


def read_settings(shared: SharedItems, service: Service) -> PublishedSettings:
    """Return what the processes of a service have published. Raises: ServiceError."""
    return _parse(shared.document(settings_key(service)))


def publish_settings(shared: SharedItems, service: Service, items: Sequence[SettingValue], *, now: datetime) -> bool:
    """Report that a process of a service runs with these settings; return False if nothing had to be written.

    Raises: ServiceError.
    """
    own = SettingsVariant(version=VERSION, seen_at=now, items=list(items))
    for _ in range(_ATTEMPTS):
        before = shared.document(settings_key(service))
        after = _add_variant(_parse(before), own)
        if after is None:
            return False
        try:
            shared.write(settings_key(service), before, after.model_dump(mode="json"))
        except WriteConflictError:
            # Another process has just written it, most likely the same variant.
            continue
        return True
    raise ServiceError(f"publish the settings of {service}: other processes keep changing them")


def _add_variant(published: PublishedSettings, own: SettingsVariant) -> PublishedSettings | None:
    """Return the content with a new report, without variants that no process has; None if it needs no report."""
    others = [one for one in published.running(own.seen_at) if (one.version, one.items) != (own.version, own.items)]
    same = [one for one in published.variants if (one.version, one.items) == (own.version, own.items)]
    if any(own.seen_at - one.seen_at < _REPORTED_FOR for one in same) or len(others) >= MAX_VARIANTS:
        return None
    return PublishedSettings(variants=(own, *others))


def _parse(document: Document) -> PublishedSettings:
    try:
        return PublishedSettings.model_validate(document.content or {})
    except ValidationError:
        # Of a version with another form: the next report replaces it.
        return PublishedSettings()


class SettingsPublisher:
    """Reports of one process, in a thread of their own that neither delays nor ends the process."""

    def __init__(self, shared: SharedItems, service: Service, settings: ServiceSettings) -> None:
        self._shared = shared
        self._service: Service = service
        self._settings = settings
        self._closed = threading.Event()
        self._has_failed = False
        self._log = structlog.get_logger()

    def start(self) -> None:
        """Begin to report. Call it when the process is ready."""
        threading.Thread(target=self._run, name="settings-publisher", daemon=True).start()

    def close(self) -> None:
        """End the reports; the item stays."""
        self._closed.set()

    def report(self) -> None:
        """Report once. Log an error of the table, but not that of the next attempts."""
        try:
            with Deadline(_WITHIN_S).kept():
                publish_settings(self._shared, self._service, list_values(self._settings), now=datetime.now(UTC))
        except AwsError as error:
            if not self._has_failed:
                consequence = "the settings page does not show them"
                self._log.warning("settings_not_published", error=str(error), consequence=consequence)
            self._has_failed = True
        else:
            self._has_failed = False

    def _run(self) -> None:
        wait_s = random.uniform(0, _MAX_START_DELAY_S)  # noqa: S311 - no secret
        while not self._closed.wait(wait_s):
            self.report()
            wait_s = _CHECK_EVERY_S
