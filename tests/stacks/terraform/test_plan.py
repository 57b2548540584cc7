"""Plans, from recordings of `terraform show -json` (Terraform 1.11.4, AWS provider 5.100.0, an emulated AWS)."""

import json
from pathlib import Path
from typing import Any

import pytest

from stacks.terraform.plan import Action, Plan, configured_addresses, parse_plan, plan_of_events
from stacks.terraform.summary import StackOutput, count_changes, format_outputs, format_plan, format_plan_markdown

RECORDINGS = Path(__file__).with_name("recordings")


def read_plan(name: str) -> Plan:
    return parse_plan((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def plan_of(actions: list[str], **values: Any) -> Plan:
    change = {"address": "aws_sqs_queue.one", "type": "aws_sqs_queue", "mode": "managed"}
    return parse_plan(json.dumps({"resource_changes": [{**change, "change": {"actions": actions, **values}}]}))


def test_first_plan_lists_each_resource_by_group() -> None:
    plan = read_plan("create")
    assert count_changes(plan) == "8 to create"
    assert format_plan(plan).splitlines() == [
        "  network",
        "    + aws_subnet.public-a",
        "    + aws_subnet.public-b",
        "    + aws_vpc.vpc",
        "  queues",
        "    + aws_sqs_queue.dead",
        "    + aws_sqs_queue.queue",
        "  roles and policies",
        "    + aws_iam_role.worker",
        "    + aws_iam_role_policy_attachment.broken",
        "  secrets",
        "    + aws_secretsmanager_secret.token",
    ]


def test_replacement_names_the_attribute_that_forces_it() -> None:
    plan = read_plan("replace")
    assert count_changes(plan) == "1 to create, 2 to replace"
    [queue] = [change for change in plan.changes if change.address == "aws_sqs_queue.queue"]
    assert queue.reason == "AWS cannot change it in place"
    assert [one.path for one in queue.differences if one.replaces] == ["name"]
    assert '          name: "videos" -> "films"  (forces the replacement)' in format_plan(plan).splitlines()
    assert "outputs that change: queue_url, token" in format_plan(plan)


def test_sensitive_values_are_not_shown() -> None:
    [queue] = [change for change in read_plan("replace").changes if change.address == "aws_sqs_queue.queue"]
    assert {(one.before, one.after) for one in queue.differences if one.path == "tags.note"} == {
        ("(sensitive)", "(sensitive)")
    }


def test_change_shows_only_the_nested_value_that_differs() -> None:
    before = {"rules": [{"days": 1, "id": "old"}, {"days": 7, "id": "temporary"}]}
    after = {"rules": [{"days": 1, "id": "old"}, {"days": 14, "id": "temporary"}]}
    [change] = plan_of(["update"], before=before, after=after).changes
    assert [(one.path, one.before, one.after) for one in change.differences] == [("rules.1.days", "7", "14")]


@pytest.mark.parametrize(("before", "after", "shown"), [("", None, 0), ([], None, 0), (0, None, 1), (False, True, 1)])
def test_empty_value_equals_none_but_zero_does_not(before: Any, after: Any, shown: int) -> None:
    [change] = plan_of(["update"], before={"one": before}, after={"one": after}).changes
    assert len(change.differences) == shown


@pytest.mark.parametrize("actions", [["no-op"], ["read"]])
def test_plan_that_only_reads_is_empty(actions: list[str]) -> None:
    assert plan_of(actions).is_empty


def test_output_alone_makes_a_plan_not_empty() -> None:
    plan = parse_plan(json.dumps({"output_changes": {"url": {"actions": ["update"]}, "id": {"actions": ["no-op"]}}}))
    assert not plan.is_empty
    assert count_changes(plan) == "1 output to change"


def planned(action: str, address: str, **more: str) -> dict[str, Any]:
    """Return a change as Terraform 1.11.4 writes it in an event."""
    resource_type = address.removeprefix("data.").partition(".")[0]
    return {"resource": {"addr": address, "resource_type": resource_type}, "action": action, **more}


def test_events_and_show_give_the_same_plan() -> None:
    shown = {
        "resource_changes": [
            {"address": "aws_vpc.a", "type": "aws_vpc", "mode": "managed", "change": {"actions": ["create"]}},
            {"address": "data.aws_ami.b", "type": "aws_ami", "mode": "data", "change": {"actions": ["read"]}},
            {
                "address": "aws_sqs_queue.c",
                "type": "aws_sqs_queue",
                "mode": "managed",
                "change": {"actions": ["delete"]},
                "action_reason": "delete_because_no_resource_config",
            },
        ],
        "output_changes": {"url": {"actions": ["create"]}, "id": {"actions": ["no-op"]}},
    }
    events = [
        planned("delete", "aws_sqs_queue.c", reason="delete_because_no_resource_config"),
        planned("read", "data.aws_ami.b"),
        planned("create", "aws_vpc.a"),
    ]
    outputs = {"url": {"sensitive": False, "action": "create"}, "id": {"sensitive": False, "action": "noop"}}
    assert plan_of_events(events, outputs) == parse_plan(json.dumps(shown))


@pytest.mark.parametrize("action", ["update", "replace", "move", "forget", "noop"])
def test_events_without_values_do_not_describe_a_change(action: str) -> None:
    assert plan_of_events([planned("create", "aws_vpc.a"), planned(action, "aws_vpc.b")], {}) is None


def test_replacement_that_creates_first_is_one_too() -> None:
    [change] = plan_of(["create", "delete"], before={}, after={}).changes
    assert (change.action, change.operations) == (Action.REPLACE, 2)


def test_plan_and_synthesized_stack_have_the_same_addresses() -> None:
    document: dict[str, Any] = {"resource": {"aws_vpc": {"vpc": {}}}, "data": {"aws_region": {"here": {}}}}
    assert configured_addresses(document) == {"aws_vpc.vpc", "data.aws_region.here"}
    assert "aws_sqs_queue.dead" in read_plan("create").configured


def test_markdown_has_the_changes_in_a_diff_block() -> None:
    lines = format_plan_markdown("core", read_plan("replace")).splitlines()
    assert lines[0] == "### core: 1 to create, 2 to replace"
    assert "+ create aws_iam_role_policy_attachment.broken" in lines
    assert "- replace aws_sqs_queue.queue  (AWS cannot change it in place)" in lines
    assert format_plan_markdown("dns", Plan()) == "### dns: no changes\n"


def test_outputs_are_aligned_and_long_or_sensitive_ones_cut() -> None:
    outputs = {
        "url": StackOutput(value="https://example.com"),
        "subnets": StackOutput(value=["a", "b"]),
        "token": StackOutput(value="secret", sensitive=True),
        "ca": StackOutput(value="y" * 2000),
    }
    assert format_outputs(outputs).splitlines() == [
        f"  ca       {'y' * 79}… (2,000 characters)",
        "  subnets  a, b",
        "  token    (sensitive)",
        "  url      https://example.com",
    ]
