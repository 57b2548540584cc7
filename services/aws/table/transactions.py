"""Transactions on the videos table, and retries while DynamoDB is busy with other ones.

DynamoDB cancels a transaction if another one is changing one of its items, and refuses a single write to such an item.
botocore retries neither.
"""

import random
import time
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from services.aws.errors import ServiceError, WriteConflictError, translate_errors

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

BUSY_ATTEMPTS = 16
"""Attempts of one write while DynamoDB is busy: 9 s of pauses on average, 19 s at most."""

_MAX_PAUSE_S = 2.0
_CONDITION_FAILED = "ConditionalCheckFailed"
_BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

T = TypeVar("T")


def run_transaction(dynamodb: "DynamoDBClient", items: "Sequence[TransactWriteItemTypeDef]", *, action: str) -> None:
    """Run a transaction, and retry it while DynamoDB is busy.

    All attempts have one token: if the answer to an attempt is lost, the next one succeeds without a second effect.

    Raises:
        WriteConflictError: a condition failed; `failed_conditions` says of which items.
        ServiceError: the table could not be reached, or was too busy for too long.
    """
    token = str(uuid.uuid4())

    def attempt() -> None:
        try:
            with translate_errors(action):
                dynamodb.transact_write_items(TransactItems=items, ClientRequestToken=token)
        except ServiceError as error:
            if _CONDITION_FAILED in _cancellation_reasons(error):
                raise WriteConflictError(str(error)) from error
            raise

    retry_while_busy(attempt)


def retry_while_busy(attempt: Callable[[], T]) -> T:
    """Return the result of a write; repeat it while DynamoDB is busy with its items. Raises: AwsError."""
    for number in range(BUSY_ATTEMPTS - 1):
        try:
            return attempt()
        except ServiceError as error:
            if not _is_busy(error):
                raise
            time.sleep(choose_pause_s(number))
    return attempt()


def choose_pause_s(number: int) -> float:
    """Return a random pause after attempt `number`, counted from 0, so that two writes do not collide again."""
    return random.uniform(0.01, min(_MAX_PAUSE_S, 0.02 * 2**number))  # noqa: S311 - jitter, not a secret


def failed_conditions(error: WriteConflictError) -> list[int]:
    """Return the numbers of the items of a transaction whose conditions failed."""
    return [at for at, reason in enumerate(_cancellation_reasons(error.__cause__)) if reason == _CONDITION_FAILED]


def _is_busy(error: ServiceError) -> bool:
    cause = error.__cause__
    is_refused = isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "TransactionConflictException"
    return is_refused or not _BUSY.isdisjoint(_cancellation_reasons(error))


def _cancellation_reasons(error: BaseException | None) -> list[str]:
    """Return the reason for the cancellation of each action of a transaction, "None" if it was not the cause."""
    cause = error.__cause__ if error else None
    if not isinstance(cause, ClientError):
        return []
    reasons: list[dict[str, Any]] = cause.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return [reason.get("Code") or "None" for reason in reasons]
