"""The videos table: one record per video, the claims on thumbnail bases, and the totals over all records."""

import contextlib
import copy
import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from services.aws.errors import BaseTakenError, ServiceError, WriteConflictError, translate_errors
from services.aws.table.batches import project_attributes, read_items
from services.aws.table.items import make_item, parse_item, parse_record, to_attributes
from services.aws.table.outbox import OutboxWriter
from services.aws.table.totals import ShardedTotals
from services.aws.table.transactions import (
    BUSY_ATTEMPTS,
    choose_pause_s,
    failed_conditions,
    retry_while_busy,
    run_transaction,
)
from services.contract.outbox.events import Outbox, find_end
from services.contract.records import VideoRecord, VideoState
from services.contract.resources import CLAIM_PREFIX, PURGER
from services.contract.shards import index_key_of
from services.contract.statistics.ends import count_end
from services.contract.statistics.totals import Totals, change_of_totals, drop_counters, share_of_totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

REMOVE_AT_ONCE = 40
"""Maximum number of records in one transaction: each takes two of DynamoDB's hundred actions, totals and purge one."""

_REMOVE_AT_ONCE_WITH_EVENTS = 24
"""The same if each record takes four actions, as events are written."""

RELEASE_AT_ONCE = 99
"""Maximum number of claims that one transaction releases, beside the condition of a purge."""

_REVISION_BITS = 63
"""Random, not counted: a writer that read a record before a purge removed it must not replace the next record."""


class VideosTable:
    def __init__(self, dynamodb: "DynamoDBClient", name: str, shards: int = 1, *, outbox: Outbox | None = None) -> None:
        """Set the table, and the number of shards that this process writes (`services.contract.shards`).

        With an `outbox`, each end and deletion of a video also writes an event, in the transaction of its record.
        """
        self._dynamodb = dynamodb
        self._name = name
        self._shards = shards
        self._totals = ShardedTotals(dynamodb, name, shards)
        self._events = OutboxWriter(dynamodb, name, shards, outbox) if outbox else None
        self._fence: tuple[TransactWriteItemTypeDef, ...] = ()

    @property
    def remove_at_once(self) -> int:
        """Return the maximum number of records that `remove` takes."""
        return _REMOVE_AT_ONCE_WITH_EVENTS if self._events else REMOVE_AT_ONCE

    def only_while(self, document: str, text: str) -> Self:
        """Return the table for a process that may write records only while the content of `document` has `text`.

        Each transaction checks it: a process that was stopped after its last look at the document writes nothing.
        """
        fenced = copy.copy(self)
        fenced._fence = (  # noqa: SLF001 - of the same class
            {
                "ConditionCheck": {
                    "TableName": self._name,
                    "Key": to_attributes({"pk": document}),
                    "ConditionExpression": "contains(content, :text)",
                    "ExpressionAttributeValues": to_attributes({":text": text}),
                }
            },
        )
        return fenced

    def get(self, key: str) -> VideoRecord | None:
        """Return the record of an upload, read consistently; None if there is none. Raises: ServiceError."""
        item = self._get_item(key)
        return parse_record(item) if item else None

    def totals(self) -> Totals:
        """Return the totals; a counter that was never changed is absent. Raises: ServiceError."""
        return drop_counters(self.counters())

    def replace(
        self, before: VideoRecord | None, after: VideoRecord, *, claims: bool = False, seizes: bool = False
    ) -> VideoRecord:
        """Replace the record that was read before, and update the totals, in one transaction.

        With `claims`, the upload also claims the record's base; with `seizes`, the purge takes that claim until
        `release`. Return the record as written, with a new revision.

        Raises:
            BaseTakenError: the base is another upload's, or a purge's.
            WriteConflictError: the record is no longer the one read before.
            ServiceError: the table could not be reached, or was too busy for too long.
        """
        written = after.model_copy(update={"revision": secrets.randbits(_REVISION_BITS)})
        put: PutTypeDef = {
            "TableName": self._name,
            "Item": to_attributes(make_item(written, shards=self._shards)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before:
            put["ConditionExpression"] = "revision = :revision"
            put["ExpressionAttributeValues"] = to_attributes({":revision": before.revision})
        changes = change_of_totals(before, written)
        changes |= count_end(before, written)
        actions: list[TransactWriteItemTypeDef] = [{"Put": put}]
        # Also without a change of the totals: readers must find the record's partition of the index.
        self._totals.announce()
        if changes:
            actions.append(self._totals.add_action(changes, after.key))
        if self._events and (end := find_end(before, written)):
            actions += self._events.make_actions([(written, end)])
        if claims:
            actions.append({"Put": self._claim_action(after.base, after.key)})
        if seizes and after.base:
            actions.append(self._seize_action(after.base, after.key, or_none=True))
        try:
            self._run_transaction(actions, action=f"write the record of {after.key}")
        except WriteConflictError as error:
            if claims and failed_conditions(error) == [len(actions) - 1]:
                raise BaseTakenError(f"claim {after.base} for {after.key}: another upload has it") from error
            raise
        return written

    def remove(self, records: "Sequence[VideoRecord]", *, releases: bool = False) -> None:
        """Remove at most `remove_at_once` records and subtract them from the totals: all of them or none.

        The shard of the first one is changed for all, as only the sum over the shards has a meaning. The purge becomes
        the owner of their claims: no worker can store under these bases until `release`. With `releases`, their claims
        are deleted instead, as their pictures are.

        Raises:
            WriteConflictError: one of them has changed since it was read; with `releases`, or another upload has one
                of their bases.
            ServiceError: the table could not be reached, or was too busy for too long.
        """
        changes: dict[str, int] = {}
        actions: list[TransactWriteItemTypeDef] = []
        for record in records:
            for name, count in share_of_totals(record).items():
                changes[name] = changes.get(name, 0) - count
            actions.append(
                {
                    "Delete": {
                        "TableName": self._name,
                        "Key": to_attributes({"pk": record.key}),
                        "ConditionExpression": "revision = :revision",
                        "ExpressionAttributeValues": to_attributes({":revision": record.revision}),
                    }
                }
            )
            if record.base and releases:
                actions.append(self._release_action(record.base, record.key))
            # Who deleted the pictures of a deleted video has released its base: another upload may have it.
            elif record.base and record.state is not VideoState.DELETED:
                actions.append(self._seize_action(record.base, record.key, or_none=True))
        if changes:
            self._totals.announce()
            actions.append(self._totals.add_action(changes, records[0].key))
        # Those of deleted videos had their event when they were deleted.
        left = [record for record in records if record.state is not VideoState.DELETED]
        if self._events and left:
            actions += self._events.make_actions([(record, "deleted") for record in left])
        self._run_transaction(actions, action=f"remove {len(records)} records")

    def seize(self, base: str, key: str) -> bool:
        """Make the purge the owner of the claim of an upload without a record.

        Return False if the upload has a record by now, or has lost the claim. Raises: ServiceError.
        """
        no_record: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self._name,
                "Key": to_attributes({"pk": key}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        try:
            self._run_transaction(
                [self._seize_action(base, key, or_none=False), no_record], action=f"seize the claim on {base}"
            )
        except WriteConflictError:
            return False
        return True

    def claim_owner(self, base: str) -> str | None:
        """Return the owner of a base: an upload's key, `PURGER`, or None. Raises: ServiceError."""
        owner: str | None = self._get_item(CLAIM_PREFIX + base).get("upload")
        return owner

    def release(self, bases: "Sequence[str]") -> None:
        """Delete claims of the purge; a claim that an upload owns by now stays. Raises: ServiceError."""
        distinct = list(dict.fromkeys(bases))
        for start in range(0, len(distinct), RELEASE_AT_ONCE):
            batch = distinct[start : start + RELEASE_AT_ONCE]
            try:
                self._run_transaction(
                    [self._release_action(base) for base in batch], action=f"release {len(batch)} claims"
                )
            except WriteConflictError:
                for base in batch:
                    with contextlib.suppress(WriteConflictError):
                        self._run_transaction([self._release_action(base)], action=f"release the claim on {base}")

    def delete(self, keys: "Sequence[str]") -> None:
        """Delete items that the totals do not count. Raises: ServiceError."""
        for start in range(0, len(keys), 25):
            requests: Any = [{"DeleteRequest": {"Key": to_attributes({"pk": key})}} for key in keys[start : start + 25]]
            for attempt in range(BUSY_ATTEMPTS):
                with translate_errors("delete items of the videos table"):
                    answer = self._dynamodb.batch_write_item(RequestItems={self._name: requests})
                requests = answer.get("UnprocessedItems", {}).get(self._name)
                if not requests:
                    break
                time.sleep(choose_pause_s(attempt))
            else:
                raise ServiceError("delete items of the videos table: too busy")

    def read_document(self, key: str) -> Any:
        """Return the content of a document of `SharedItems`, None if there is none. Raises: ServiceError."""
        content = self._get_item(key).get("content")
        return json.loads(content) if content else None

    def scan(self, attributes: "Sequence[str]" = ()) -> "Iterator[dict[str, Any]]":
        """Yield all items in no order, one request per page; use `parse_record` for records. Raises: ServiceError.

        With `attributes`, the items have only these. The cost grows with the table: only a purge, a reindex and a
        reconciliation may scan.
        """
        request: Any = {"TableName": self._name, "ConsistentRead": True, **project_attributes(attributes)}
        pages = self._dynamodb.get_paginator("scan").paginate(**request)
        with translate_errors("scan the videos table"):
            for page in pages:
                for item in page["Items"]:
                    yield parse_item(item)

    def items(self, keys: "Sequence[str]", attributes: "Sequence[str]" = ()) -> dict[str, dict[str, Any]]:
        """Return the items that exist of these keys, read consistently, a hundred a request. Raises: ServiceError.

        With `attributes`, `pk` among them, the items have only these.
        """
        return read_items(self._dynamodb, self._name, keys, attributes)

    def counters(self) -> dict[str, int]:
        """Return the totals together with the counters that only grow. Raises: ServiceError."""
        return self._totals.read().counters

    def correct(self, before: Mapping[str, int], totals: Totals) -> None:
        """Replace the totals if no process has changed them since `before`, a result of `counters`.

        Raises: WriteConflictError, ServiceError.
        """
        self._totals.correct(before, totals)

    def move_in_index(self, item: Mapping[str, Any]) -> bool:
        """Move a record, an item of `scan`, to the partition of the index that this process writes it to.

        Return False if the record has changed since the scan. Raises: ServiceError.
        """
        record = parse_record(item)
        index_key = index_key_of(record.key, record.state, self._shards)
        if item["state"] == index_key:
            return True
        self._totals.announce()

        def attempt() -> None:
            with translate_errors(f"move {record.key} in the index"):
                self._dynamodb.update_item(
                    TableName=self._name,
                    Key=to_attributes({"pk": record.key}),
                    UpdateExpression="SET #state = :key",
                    ConditionExpression="revision = :revision",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues=to_attributes({":key": index_key, ":revision": record.revision}),
                )

        try:
            retry_while_busy(attempt)
        except WriteConflictError:
            return False
        return True

    def fold_totals(self) -> bool:
        """Let readers read no more shards than this process writes, after all records are in its partitions.

        Return False if another process still writes further shards. Raises: ServiceError.
        """
        return self._totals.fold()

    def _claim_action(self, base: str, key: str) -> "PutTypeDef":
        return {
            "TableName": self._name,
            "Item": to_attributes({"pk": CLAIM_PREFIX + base, "upload": key}),
            "ConditionExpression": "attribute_not_exists(pk) OR upload = :key",
            "ExpressionAttributeValues": to_attributes({":key": key}),
        }

    def _seize_action(self, base: str, key: str, *, or_none: bool) -> "TransactWriteItemTypeDef":
        condition = "upload IN (:key, :purger)" + (" OR attribute_not_exists(pk)" if or_none else "")
        return {
            "Update": {
                "TableName": self._name,
                "Key": to_attributes({"pk": CLAIM_PREFIX + base}),
                "UpdateExpression": "SET upload = :purger",
                "ConditionExpression": condition,
                "ExpressionAttributeValues": to_attributes({":key": key, ":purger": PURGER}),
            }
        }

    def _release_action(self, base: str, key: str = PURGER) -> "TransactWriteItemTypeDef":
        return {
            "Delete": {
                "TableName": self._name,
                "Key": to_attributes({"pk": CLAIM_PREFIX + base}),
                "ConditionExpression": "attribute_not_exists(pk) OR upload IN (:key, :purger)",
                "ExpressionAttributeValues": to_attributes({":key": key, ":purger": PURGER}),
            }
        }

    def _run_transaction(self, items: "Sequence[TransactWriteItemTypeDef]", *, action: str) -> None:
        run_transaction(self._dynamodb, [*items, *self._fence], action=action)

    def _get_item(self, key: str) -> dict[str, Any]:
        with translate_errors(f"read {key} from the videos table"):
            answer = self._dynamodb.get_item(TableName=self._name, Key=to_attributes({"pk": key}), ConsistentRead=True)
        return parse_item(answer.get("Item", {}))
