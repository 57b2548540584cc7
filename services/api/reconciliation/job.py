"""State of a reconciliation in the table: any process can show it, cancel it, or continue it."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from services.api.schema.reconciliation_models import Reconciliation
from services.aws.shared import Document


class ReconciliationJob(BaseModel):
    model_config = ConfigDict(frozen=True)

    progress: Reconciliation
    owner: str
    """Id of the current run. Another run takes over if the document no longer changes."""
    attempts: int = 1
    """Attempts since the last progress, failed ones included."""
    is_cancelled: bool = False
    """True once somebody has asked to cancel it: the run stops at its next write."""

    @property
    def is_running(self) -> bool:
        return self.progress.state == "running"


def read_job(document: Document) -> ReconciliationJob | None:
    """Return the job in a document, None if there is none."""
    return ReconciliationJob.model_validate(document.content) if document.content else None


def dump_job(job: ReconciliationJob) -> Any:
    return job.model_dump(mode="json")
