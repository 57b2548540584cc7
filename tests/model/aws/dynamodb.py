"""DynamoDB: conditional writes, transactions with their reasons, partial batches, throttles, and pages of a scan."""

import zlib
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.model.aws.calls import Boundary, Paginator, client_error
from tests.model.aws.expressions import Item, meets, updated
from tests.model.aws.index import IndexedItems, query_index
from tests.model.simulation import CURRENT

PAGE = 3
_THROTTLED = ("ProvisionedThroughputExceededException", "ThrottlingException", "InternalServerError")


class SimulatedDynamoDb:
    """The client, with the methods that the services call, on one table with the key `pk`."""

    def __init__(self, boundary: Boundary) -> None:
        self._boundary = boundary
        self.items = IndexedItems(boundary)
        self._done: set[str] = set()
        self.deleted: list[tuple[str, Item]] = []
        """Name of the process and item of each deletion."""
        self.purge_scans: list[float] = []
        """Times at which a purge began to scan the table."""

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803, ARG002 - boto3's names
        key = Key["pk"]["S"]
        if not ConsistentRead:
            raise AssertionError("a read that can be stale decides nothing here")

        def get() -> dict[str, Any]:
            item = self.items.get(key)
            return {} if item is None else {"Item": item}

        return self._boundary.call(f"GetItem {key}", get, refusal=self._throttle())

    def put_item(self, *, TableName: str, Item: Item, **request: Any) -> dict[str, Any]:  # noqa: N803, ARG002 - boto3's names
        key = Item["pk"]["S"]

        def put() -> dict[str, Any]:
            if not meets(request.get("ConditionExpression"), self.items.get(key, {}), request):
                raise client_error("PutItem", "ConditionalCheckFailedException")
            self.items[key] = Item
            return {}

        return self._boundary.call(f"PutItem {key}", put, refusal="TransactionConflictException")

    def transact_write_items(
        self,
        *,
        TransactItems: list[Mapping[str, Any]],  # noqa: N803 - boto3's names
        ClientRequestToken: str,  # noqa: N803
    ) -> dict[str, Any]:
        if len(TransactItems) > 100:
            raise client_error("TransactWriteItems", "ValidationException")
        keys = [_key_of(action) for action in TransactItems]
        if len(set(keys)) < len(keys):
            raise client_error("TransactWriteItems", "ValidationException", "two actions on one item")

        def write() -> dict[str, Any]:
            if ClientRequestToken in self._done:
                return {}
            if self._boundary.faults.of_256 and self._boundary.happens(self._boundary.faults.of_256 // 2):
                reasons = ["None"] * len(keys)
                reasons[self._boundary.below(len(keys))] = ("TransactionConflict", "ThrottlingError")[
                    self._boundary.below(2)
                ]
                raise _cancelled(reasons)
            reasons = [
                "None" if self._meets(action, key) else "ConditionalCheckFailed"
                for action, key in zip(TransactItems, keys, strict=True)
            ]
            if "ConditionalCheckFailed" in reasons:
                raise _cancelled(reasons)
            for action, key in zip(TransactItems, keys, strict=True):
                self._apply(action, key)
            # DynamoDB answers a repetition of the token without a second effect.
            self._done.add(ClientRequestToken)
            return {}

        return self._boundary.call(f"TransactWriteItems {keys}", write, refusal=self._throttle())

    def _meets(self, action: Mapping[str, Any], key: str) -> bool:
        ((_, request),) = action.items()
        return meets(request.get("ConditionExpression"), self.items.get(key, {}), request)

    def _apply(self, action: Mapping[str, Any], key: str) -> None:
        ((kind, request),) = action.items()
        if kind == "Put":
            self.items[key] = request["Item"]
        elif kind == "Delete":
            item = self.items.pop(key, None)
            simulation = CURRENT.simulation
            if item is not None and simulation is not None and simulation.current is not None:
                self.deleted.append((simulation.current.process.name, item))
        elif kind == "Update":
            self.items[key] = updated(self.items.get(key, {"pk": {"S": key}}), request)
        elif kind != "ConditionCheck":
            raise AssertionError(kind)

    def update_item(self, *, TableName: str, Key: Item, **request: Any) -> dict[str, Any]:  # noqa: N803, ARG002 - boto3's names
        key = Key["pk"]["S"]

        def update() -> dict[str, Any]:
            if not meets(request.get("ConditionExpression"), self.items.get(key, {}), request):
                raise client_error("UpdateItem", "ConditionalCheckFailedException")
            self.items[key] = updated(self.items.get(key, {"pk": {"S": key}}), request)
            return {"Attributes": self.items[key]}

        return self._boundary.call(f"UpdateItem {key}", update, refusal=self._throttle())

    def batch_write_item(self, *, RequestItems: Mapping[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        ((table, requests),) = RequestItems.items()

        def write() -> dict[str, Any]:
            left = []
            for request in requests:
                if self._boundary.happens(self._boundary.faults.of_256 // 2):
                    left.append(request)
                else:
                    self.items.pop(request["DeleteRequest"]["Key"]["pk"]["S"], None)
            return {"UnprocessedItems": {table: left} if left else {}}

        return self._boundary.call("BatchWriteItem", write, refusal=self._throttle())

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        ((table, request),) = RequestItems.items()
        if not request.get("ConsistentRead"):
            raise AssertionError("a read that can be stale decides nothing here")

        def get() -> dict[str, Any]:
            if self._boundary.happens(self._boundary.faults.of_256 // 2):
                return {"Responses": {table: []}, "UnprocessedKeys": RequestItems}
            keys = [key["pk"]["S"] for key in request["Keys"]]
            return {"Responses": {table: [self.items[key] for key in keys if key in self.items]}, "UnprocessedKeys": {}}

        return self._boundary.call("BatchGetItem", get, refusal=self._throttle())

    def query(self, **request: Any) -> dict[str, Any]:
        def find() -> dict[str, Any]:
            return query_index(self.items.read_index(), request, most=PAGE)

        return self._boundary.call("Query", find, refusal=self._throttle())

    def get_paginator(self, name: str) -> Paginator:
        return Paginator({"scan": self._scan}[name])

    def _scan(self, request: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any] | None]:
        if not request.get("ConsistentRead"):
            raise AssertionError("a scan that can be stale decides nothing here")
        after = request.get("after", (-1, ""))

        def page() -> tuple[Any, Mapping[str, Any] | None]:
            simulation = CURRENT.simulation
            task = simulation.current if simulation is not None else None
            if task is not None and task.name == "purge" and "after" not in request:
                self.purge_scans.append(self._boundary.now)
            # In the order of a hash, which has nothing to do with the order of keys or writes.
            found = sorted((zlib.crc32(key.encode()), key) for key in self.items)
            found = [entry for entry in found if entry > after]
            answer = {"Items": [self.items[key] for _, key in found[:PAGE]]}
            return answer, {**request, "after": found[PAGE - 1]} if len(found) > PAGE else None

        return self._boundary.call("Scan", page, refusal=self._throttle())

    def _throttle(self) -> str:
        return _THROTTLED[0]


def _key_of(action: Mapping[str, Any]) -> str:
    ((_, request),) = action.items()
    key: str = (request.get("Key") or request["Item"])["pk"]["S"]
    return key


def _cancelled(reasons: list[str]) -> ClientError:
    listed = [{"Code": reason} for reason in reasons]
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(reasons)}]"
    return client_error("TransactWriteItems", "TransactionCanceledException", message, CancellationReasons=listed)
