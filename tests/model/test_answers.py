"""The auditor knows one reason for the record of a video that a person has deleted, and no other."""

from typing import Any

import pytest

from tests.model.auditor import list_violations
from tests.model.aws.attributes import serialize
from tests.model.people import KEYS, Act
from tests.model.simulation import START_S, Process
from tests.model.threads import current
from tests.model.world import World

KEY = KEYS[0]


def test_a_late_claim_of_a_worker_that_ended_is_a_known_limit() -> None:
    assert list_broken(state="processing") == []
    assert list_broken(state="failed", reason_code="deleted") == []


def test_a_late_claim_is_accepted_if_aws_did_not_answer_afterwards() -> None:
    assert list_broken(state="processing", ends=False, fails_after_s=1.0) == []


@pytest.mark.parametrize(
    "other",
    [
        {"state": "done"},
        {"state": "failed", "reason_code": "damaged"},
        {"state": "processing", "claims_after_s": -1.0},
        {"state": "processing", "ends": False},
        {"state": "processing", "ends": False, "fails_after_s": -1.0},
        {"state": "processing", "writer": "reindex"},
        {"state": "processing", "is_stored": True},
        {"state": "processing", "has_faults": False},
    ],
)
def test_no_other_record_of_a_deleted_video_is_accepted(other: dict[str, Any]) -> None:
    assert list_broken(**other) == [f"{KEY} was deleted, and is {other['state']}"]


def list_broken(
    *,
    writer: str = "worker",
    claims_after_s: float = 1.0,
    ends: bool = True,
    fails_after_s: float | None = None,
    is_stored: bool = False,
    has_faults: bool = True,
    **attributes: str,
) -> list[str]:
    """Return the broken answers of a schedule: a person deletes a video, and a process adds a record of it."""
    world = World(b"")
    world.has_faults = has_faults
    deleted_at, added_at = START_S + 10, START_S + 10 + claims_after_s
    world.people.acts.append(Act("delete", KEY, deleted_at, ended_at=deleted_at, is_done=True))
    process = Process(world.simulation, writer)
    record = {"pk": KEY, "etag": "", "size_bytes": 0, "thumbnails": [], "base": "", "reason": "", **attributes}

    def add() -> None:
        world.simulation.sleep(added_at - START_S)
        world.table.items[KEY] = {name: serialize(value) for name, value in record.items()}
        if fails_after_s is not None:
            process.failed_at = added_at + fails_after_s
        if ends:
            process.end()

    with current(world.simulation):
        if is_stored:
            world.s3.put_object(Bucket="videos", Key=KEY, Body=b"good")
        process.spawn(add)
        world.simulation.run(lambda: not process.tasks)
        world.simulation.end()
    return [violation for violation in list_violations(world) if "was deleted" in violation]
