"""A second plan has no changes, but for those that the emulated AWS makes and that are listed by name."""

from typing import Any

import pytest

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.project.differences import REDRIVE_POLICY, check_plan


def plan(*changes: tuple[str, list[str], dict[str, Any] | None, dict[str, Any] | None]) -> dict[str, Any]:
    return {
        "resource_changes": [
            {"address": address, "change": {"actions": actions, "before": before, "after": after}}
            for address, actions, before, after in changes
        ]
    }


def test_an_empty_plan_has_nothing_to_explain() -> None:
    assert check_plan("core", plan(("aws_vpc.vpc", ["no-op"], {}, {}), ("data.aws_lb.lb", ["read"], None, {}))) == []


def test_spaces_in_a_redrive_policy_are_explained() -> None:
    before, after = {"name": "q", "redrive_policy": '{"a": 1}'}, {"name": "q", "redrive_policy": '{"a":1}'}
    explained = check_plan("core", plan(("aws_sqs_queue.videos-queue", ["update"], before, after)))
    assert explained == [f"core: aws_sqs_queue.videos-queue: redrive_policy ({REDRIVE_POLICY})"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            ("aws_sqs_queue.q", ["update"], {"redrive_policy": '{"a": 1}'}, {"redrive_policy": '{"a":2}'}),
            "redrive_policy",
        ),
        (("aws_vpc.vpc", ["update"], {"tags": {}}, {"tags": {"a": "b"}}), "aws_vpc.vpc: tags"),
        (("aws_vpc.vpc", ["delete", "create"], {"tags": {}}, {"tags": {}}), "aws_vpc.vpc: delete and create"),
        (("aws_vpc.vpc", ["create"], None, {}), "aws_vpc.vpc: create"),
    ],
)
def test_other_changes_fail_by_name(change: Any, named: str) -> None:
    with pytest.raises(RehearsalError, match=named):
        check_plan("core", plan(change))


def test_changed_outputs_fail_by_name() -> None:
    changed = {"output_changes": {"vpc_id": {"actions": ["update"]}}}
    with pytest.raises(RehearsalError, match="output vpc_id: update"):
        check_plan("core", changed)
