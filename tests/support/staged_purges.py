"""Purges on the virtual clock: their documents, runs and writes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.actions.purge import Purge
from services.api.actions.purge_job import PurgeJob, dump_job
from services.api.actions.purge_run import PurgeRun
from services.api.schema.models import PurgeProgress
from services.aws.shared import Document, SharedItems
from services.contract.records import VideoRecord
from services.contract.resources import PURGE_KEY
from tests.model.simulation import START_S
from tests.model.stage import Stage
from tests.support.place import Place
from tests.support.purging import purge_of, shared_items

START = datetime.fromtimestamp(START_S, UTC)


def ask(stage: Stage, question: Callable[[], Any]) -> Any:
    """Return the answer of a function that runs on the stage."""
    answers: list[Any] = []
    stage.play(lambda: answers.append(question()))
    return answers[0]


def old(record: VideoRecord) -> VideoRecord:
    """Return the record of an object from before the purge."""
    return record.model_copy(update={"modified_at": START - timedelta(hours=1)})


def begin(stage: Stage, own: Purge | None = None) -> PurgeProgress:
    """Purge, and return how it began."""
    own = own or purge_of(stage.place)
    progress: PurgeProgress = ask(stage, lambda: own.start(own.preview().confirmation)[1])
    return progress


def note_writes(stage: Stage) -> tuple[SharedItems, list[tuple[float, dict[str, Any]]]]:
    """Return shared items, and the times and progress of the purge that will be written to them."""
    writes: list[tuple[float, dict[str, Any]]] = []

    class Noted(SharedItems):
        def write(self, key: str, before: Document, content: Any) -> Document:
            if key == PURGE_KEY:
                writes.append((stage.now_s, content["progress"]))
            return super().write(key, before, content)

    return Noted(stage.place.clients.dynamodb, stage.place.resources.table.name), writes


def a_job(identity: str = "purge-0", **changes: Any) -> PurgeJob:
    progress = PurgeProgress(
        id=identity,
        running=True,
        phase="uploads",
        deleted=0,
        total=1,
        deleted_bytes=0,
        records=0,
        in_work=0,
        started_at=START,
    )
    job = PurgeJob(progress=progress, cutoff=START + timedelta(hours=1), owner="run-0")
    return job.model_copy(update=changes)


def put_job(place: Place, job: PurgeJob) -> Document:
    shared = shared_items(place)
    return shared.write(PURGE_KEY, shared.document(PURGE_KEY), dump_job(job))


def run_of(stage: Stage, job: PurgeJob | None = None, **parts: Any) -> PurgeRun:
    own = purge_of(stage.place, **parts)
    job = job or a_job()
    return PurgeRun(own._context, put_job(stage.place, job), job)  # noqa: SLF001 - a run of one test
