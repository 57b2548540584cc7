"""Purges of a test: started, held between phases, and what they leave."""

import threading
from collections.abc import Callable
from dataclasses import replace

from services.api.access.secret_key import SecretKey
from services.api.actions.confirmations import Confirmations
from services.api.actions.dead_letters import DeadLetterStore
from services.api.actions.purge import Purge
from services.api.actions.purge_job import PurgeJob, read_job
from services.api.actions.purge_run import PurgeContext
from services.api.schema.models import PurgeProgress
from services.aws.shared import SharedItems
from services.contract.resources import PURGE_KEY
from tests.support.driver import eventually
from tests.support.place import Place

PHASES = ("uploads", "records", "thumbnails", "dead_letters")


def shared_items(place: Place) -> SharedItems:
    return SharedItems(place.clients.dynamodb, place.resources.table.name)


def job_in(place: Place) -> PurgeJob:
    job = read_job(shared_items(place).document(PURGE_KEY))
    assert job is not None
    return job


class Gate:
    """Call a function in the purge's thread when a phase is stored for the first time, before its work begins."""

    def __init__(self, place: Place, phase: str, action: Callable[[], None]) -> None:
        self.place, self.phase, self.action = place, phase, action
        self.is_passed = False

    def __call__(self) -> None:
        is_run = threading.current_thread().name == "purge"
        if is_run and not self.is_passed and job_in(self.place).progress.phase == self.phase:
            self.is_passed = True
            self.action()


def purge_of(place: Place, changed: Callable[[], None] = lambda: None, **parts: object) -> Purge:
    made = PurgeContext(
        place.bucket,
        place.videos,
        shared_items(place),
        DeadLetterStore(place.queue, place.dead_letters),
        "thumbnails/",
        changed,
    )
    own = replace(made, **parts)  # type: ignore[arg-type]
    return Purge(own, own, Confirmations(SecretKey(shared_items(place))))


def start(own: Purge) -> PurgeProgress:
    return own.start(own.preview().confirmation)[1]


def ended(place: Place) -> PurgeProgress:
    def look() -> PurgeProgress | None:
        progress = job_in(place).progress
        return None if progress.running else progress

    return eventually(look, "the end of the purge")


def with_versions(place: Place) -> None:
    place.clients.s3.put_bucket_versioning(Bucket=place.resources.bucket, VersioningConfiguration={"Status": "Enabled"})


def missing_pictures(place: Place) -> list[str]:
    """Thumbnails that a record names and the bucket does not have, and thumbnails that no record names."""
    records = [place.videos.get(item["pk"]) for item in place.videos.scan() if item["pk"].startswith("uploads/")]
    named = {thumbnail.key for record in records if record for thumbnail in record.thumbnails}
    stored = {info.key for info in place.bucket.list("thumbnails/") if info.key.endswith(".jpg")}
    return sorted(named ^ {key for key in stored if "_storyboard" not in key and "_sheet-" not in key})
