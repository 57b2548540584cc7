"""Reconciliations: make the thumbnails equal to the uploads."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.api.calls import AwsRoute
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import document_problems
from services.api.schema.reconciliation_models import Reconciliation, ReconciliationRequest, Reconciliations
from services.api.services import Operator, Services, Viewer

router = APIRouter(prefix="/api/reconciliations", tags=["actions"], route_class=AwsRoute, dependencies=CHECKED)

Identity = Annotated[
    str, Path(description="The `id` of the reconciliation.", examples=["5f0c2f0d9a3b4c1e"], min_length=1, max_length=64)
]


@router.post(
    "",
    operation_id="startReconciliation",
    summary="Reconcile thumbnails and uploads",
    status_code=202,
    responses=document_problems(401, 403, 409, 422, 428, 429, 503),
)
def start_reconciliation(request: ReconciliationRequest, _: Operator, services: Services) -> Reconciliation:
    """Start a dry run, which counts what a run would change, or with its confirmation the run.

    A run queues each video without its thumbnails, removes records and thumbnails without a video, and keeps the rest.
    If its process ends, another process continues it. 428: the confirmation is missing, expired, or not of the latest
    dry run, and nothing was changed.
    """
    return services.reconciliations.start(request)


@router.get(
    "",
    operation_id="listReconciliations",
    summary="List the latest reconciliation",
    responses=document_problems(401, 429, 503),
)
def list_reconciliations(_: Viewer, services: Services) -> Reconciliations:
    """Return the running or latest reconciliation: a dry run or a run."""
    found = services.reconciliations.find()
    return Reconciliations(items=[found] if found else [])


@router.get(
    "/{identity}",
    operation_id="getReconciliation",
    summary="Get a reconciliation",
    responses=document_problems(401, 404, 429, 503),
)
def get_reconciliation(identity: Identity, _: Viewer, services: Services) -> Reconciliation | None:
    return services.reconciliations.find(identity)


@router.delete(
    "/{identity}",
    operation_id="cancelReconciliation",
    summary="Cancel a reconciliation",
    status_code=202,
    responses=document_problems(401, 403, 404, 409, 429, 503),
)
def cancel_reconciliation(identity: Identity, _: Operator, services: Services) -> Reconciliation:
    """Ask a running reconciliation to stop. Its changes stay; another one does the rest."""
    return services.reconciliations.cancel(identity)
