"""The index `by-state`: eventually consistent, so that a query misses the newest writes of some items."""

from collections.abc import Mapping
from typing import Any

from tests.model.aws.calls import Boundary
from tests.model.aws.expressions import Item
from tests.model.simulation import CURRENT, Process

_BEHIND = 96
"""Of 256: a query reads an older state of an item that was written lately."""

_LAG_S = 10.0
"""Age of a write that every query sees."""


class IndexedItems(dict[str, Item]):
    """Items by key, with the states that they had lately."""

    def __init__(self, boundary: Boundary) -> None:
        super().__init__()
        self._boundary = boundary
        self._replaced: dict[str, list[tuple[float, Item | None]]] = {}
        """Earlier states of records, the newest last, with the time at which each was replaced."""
        self.added_at: dict[str, float] = {}
        self.added_by: dict[str, Process | None] = {}
        """The process that added each item, None outside of a schedule."""
        self.written_at: dict[str, float] = {}
        self.ends: dict[str, list[str]] = {}
        """Ends and deletions of each video, in their order: what its events must be."""

    def __setitem__(self, key: str, item: Item) -> None:
        now = self._boundary.now
        if key.startswith("uploads/") and (end := _find_end(self.get(key), item)):
            self.ends.setdefault(key, []).append(end)
        if "state" in item:
            self._replaced.setdefault(key, []).append((now, self.get(key)))
        if key not in self:
            self.added_at[key] = now
            simulation = CURRENT.simulation
            task = simulation.current if simulation is not None else None
            self.added_by[key] = task.process if task is not None else None
        self.written_at[key] = now
        super().__setitem__(key, item)

    def pop(self, key: str, default: Any = None) -> Any:
        if key.startswith("uploads/") and key in self and _state_of(self[key]) != "deleted":
            self.ends.setdefault(key, []).append("deleted")
        if key in self._replaced:
            self._replaced[key].append((self._boundary.now, self.get(key)))
        return super().pop(key, default)

    def read_index(self) -> list[Item]:
        """Return the records as a query sees them now."""
        seen = {key: item for key, item in self.items() if "state" in item}
        since = self._boundary.now - _LAG_S
        for key, replaced in self._replaced.items():
            late = [item for at, item in replaced if at > since]
            if late and self._boundary.happens(_BEHIND):
                older = late[-1 - self._boundary.below(len(late))]
                if older is None:
                    seen.pop(key, None)
                else:
                    seen[key] = older
        return list(seen.values())


def query_index(items: list[Item], request: Mapping[str, Any], *, most: int) -> dict[str, Any]:
    """Answer a query of one partition, the newest first."""
    values = request["ExpressionAttributeValues"]
    if request["ScanIndexForward"] or "ProjectionExpression" in request:
        raise AssertionError("only whole records are listed here, the newest first")
    newest = values.get(":newest", {"S": "~"})["S"]
    found = [item for item in items if item["state"] == values[":state"] and item["updated_at"]["S"] <= newest]
    found.sort(key=_position_of, reverse=True)
    if "ExclusiveStartKey" in request:
        found = [item for item in found if _position_of(item) < _position_of(request["ExclusiveStartKey"])]
    page = found[: min(most, request["Limit"])]
    last = {name: page[-1][name] for name in ("pk", "state", "updated_at")} if len(page) < len(found) else None
    return {"Items": page, **({"LastEvaluatedKey": last} if last else {})}


def _position_of(item: Item) -> tuple[str, str]:
    return item["updated_at"]["S"], item["pk"]["S"]


def _state_of(item: Item | None) -> str:
    return item["state"]["S"].partition("#")[0] if item else ""


def _find_end(before: Item | None, after: Item) -> str | None:
    """Return the end of a video that a write of its record is, None if it is no end."""
    state = _state_of(after)
    if state == "deleted":
        return None if _state_of(before) == "deleted" else "deleted"
    is_closed = after.get("reason_code", {}).get("S") == "deleted"
    if is_closed or "finished_at" not in after or not after["message_id"]["S"]:
        return None
    if before is not None and before.get("finished_at") == after["finished_at"]:
        return None
    return {"done": "done", "degraded": "done", "failed": "failed"}.get(state)
