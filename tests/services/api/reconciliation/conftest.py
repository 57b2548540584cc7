"""Reconciliations in this process, on the simulated AWS."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from services.api.actions.purge_job import is_purge_running
from services.api.reconciliation.decisions import Wanted
from services.api.reconciliation.reconciler import ReconcilerContext
from services.api.reconciliation.reconciliations import Reconciliations
from services.api.reconciliation.run import ReconciliationContext
from services.api.schema.reconciliation_models import Reconciliation, ReconciliationRequest
from services.contract.events import parse_notification
from services.contract.formats import VIDEO_EXTENSIONS
from services.contract.resources import pipeline_resources
from services.contract.thumbnails import ThumbnailOptions
from services.worker.process import Processor
from tests.model.place import simulated_place
from tests.support.place import Place
from tests.support.processing import a_worker, delivery
from tests.support.purging import shared_items

PRESENT = ThumbnailOptions()
"""The settings of `a_worker`."""


@pytest.fixture
def place() -> Iterator[Place]:
    with simulated_place(pipeline_resources("reconciled")) as simulated:
        yield simulated


@dataclass
class Reconciling:
    """An api's reconciliations; `changes` replace parts of the reconciler's context."""

    place: Place
    options: ThumbnailOptions = PRESENT
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> Reconciliations:
        place, shared = self.place, shared_items(self.place)
        reconciler = ReconcilerContext(
            bucket=place.bucket,
            videos=place.videos,
            wanted=Wanted(self.options),
            thumbnail_prefix="thumbnails/",
            extensions=VIDEO_EXTENSIONS,
            is_purge_running=lambda: is_purge_running(shared),
        )
        reconciler = replace(reconciler, **self.changes)
        context = ReconciliationContext(reconciler, shared, place.queue, filter_bits=2**20)
        return Reconciliations(context, context)

    def plan(self, **options: Any) -> Reconciliation:
        """Return a dry run that has ended."""
        return self._await(ReconciliationRequest(**options))

    def run(self, plan: Reconciliation | None = None, **options: Any) -> Reconciliation:
        """Return a run that has ended, of a dry run."""
        plan = plan or self.plan(**options)
        return self._await(ReconciliationRequest(dry_run=False, confirmation=plan.confirmation, window=1000))

    def _await(self, request: ReconciliationRequest) -> Reconciliation:
        service = self.service
        started = service.start(request)
        service.join()
        found = service.find(started.id)
        assert found is not None
        assert found.state != "running"
        return found


@pytest.fixture
def reconciling(place: Place) -> Reconciling:
    return Reconciling(place)


def work_all(place: Place, worker: Processor | None = None) -> int:
    """Process all messages of the queue; return their number."""
    worker, count = worker or a_worker(place), 0
    while messages := place.queue.receive(10, wait_s=0, visibility_timeout_s=600):
        for message in messages:
            for event in parse_notification(message.body):
                worker.process(event, delivery(message.id, sent_at=message.sent_at))
            place.queue.delete(message)
            count += 1
    return count
