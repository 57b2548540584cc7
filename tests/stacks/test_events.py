"""Events in the stacks: nothing unless the config enables them, and then a bus that the api alone may put events on."""

import json
from pathlib import Path

import pytest

from services.contract.resources import EVENT_SOURCE
from stacks.config.load import ConfigError, load_config, validate_config, value_sources
from stacks.config.model import PipelineConfig
from stacks.cost.estimate import CostLine, estimate_lines
from stacks.cost.prices import load_prices
from stacks.cost.unit_prices import make_unit_prices
from stacks.naming import Names
from stacks.terraform.groups import group_of
from tests.support.iam_policies import Policy, Request, allows
from tests.support.kubernetes_objects import variables
from tests.support.synthesis import EVERYTHING, MINIMAL, WITH_DOMAIN, Config, Synthesized, statements, synthesize

NAMES = Names(PipelineConfig.model_validate(EVERYTHING))
QUEUE = "arn:aws:sqs:ap-southeast-2:123456789012:search-index"
BUS = "${aws_cloudwatch_event_bus.event-bus.name}"
ON = {"enabled": True, "event_bus": True}


def api_policy(stacks: dict[str, Synthesized]) -> Policy:
    return stacks["core"].policies()["aws_iam_role_policy.api-rights.policy"]


def lines(events: Config, videos: int) -> dict[str, CostLine]:
    config = PipelineConfig.model_validate({**MINIMAL, "events": events})
    return {line.what: line for line in estimate_lines(config, load_prices(), videos=videos, video_mb=100)}


def test_without_the_setting_there_is_no_bus(synthesized: dict[str, Synthesized]) -> None:
    core = synthesized["core"]
    assert not [address for address in core.all_resources() if "event" in address]
    assert core.document["output"]["event_bus_arn"]["value"] == ""
    assert "events:" not in str([stack.policies() for stack in synthesized.values()])


def test_each_target_gets_every_event_by_its_own_rule() -> None:
    core = synthesize(EVERYTHING)["core"]
    [bus] = core.resources("aws_cloudwatch_event_bus").values()
    assert bus["name"] == NAMES.event_bus == "acme-thumbs"
    assert core.document["output"]["event_bus_arn"]["value"] == "${aws_cloudwatch_event_bus.event-bus.arn}"
    rules = core.resources("aws_cloudwatch_event_rule")
    assert {rule["name"]: rule["event_bus_name"] for rule in rules.values()} == {"failures": BUS, "search-index": BUS}
    assert {rule["event_pattern"] for rule in rules.values()} == {json.dumps({"source": [EVENT_SOURCE]})}
    targets = core.resources("aws_cloudwatch_event_target")
    assert {target["target_id"]: (target["arn"], target["event_bus_name"]) for target in targets.values()} == {
        name: (arn, BUS) for name, arn in EVERYTHING["events"]["targets"].items()
    }
    assert group_of("aws_cloudwatch_event_rule") == "event bus"


def test_only_the_api_puts_events_on_its_own_bus() -> None:
    stacks = synthesize(EVERYTHING)
    other = NAMES.event_bus_arn.replace("acme-thumbs", "default")
    for bus, allowed in ((NAMES.event_bus_arn, True), (other, False)):
        request = Request(action="events:PutEvents", resource=bus)
        assert allows(api_policy(stacks), request) is allowed
        assert allows(stacks["bootstrap"].policies()["aws_iam_policy.boundary.policy"], request) is allowed
    others = {address: policy for address, policy in stacks["core"].policies().items() if "api-rights" not in address}
    assert "events:" not in str(others)


def test_only_the_api_gets_the_bus() -> None:
    workloads = synthesize(EVERYTHING)["workloads"]
    assert variables(workloads, "api")["EVENTS_BUS"] == "acme-thumbs"
    assert "EVENTS_BUS" not in variables(workloads, "worker")
    assert [variables(workloads, part)["EVENTS_ENABLED"] for part in ("api", "worker")] == ["True", "True"]


def test_deploy_makes_the_bus_and_plan_only_reads_it() -> None:
    policies = synthesize(EVERYTHING)["bootstrap"].policies()
    deploy: Policy = {
        "Statement": [
            statement
            for address, policy in policies.items()
            if address.startswith("aws_iam_policy.deploy-")
            for statement in statements(policy)
        ]
    }
    plan = policies["aws_iam_policy.plan-rights.policy"]
    rule = NAMES.event_rules_arn.replace("*", "search-index")
    for action, resource, planned in (
        ("events:CreateEventBus", NAMES.event_bus_arn, False),
        ("events:DescribeEventBus", NAMES.event_bus_arn, True),
        ("events:PutTargets", rule, False),
        ("events:ListTargetsByRule", rule, True),
    ):
        request = Request(action=action, resource=resource)
        foreign = Request(action=action, resource=resource.replace("acme-thumbs", "default"))
        assert allows(deploy, request)
        assert allows(plan, request) is planned
        assert not allows(deploy, foreign)
        assert not allows(plan, foreign)


@pytest.mark.parametrize(
    ("events", "field"),
    [
        ({"event_bus": True}, "events.event_bus"),
        ({"enabled": True, "targets": {"a": QUEUE}}, "events.targets"),
        ({**ON, "targets": {"A b": QUEUE}}, "events.targets"),
        ({**ON, "targets": {"a": f"{QUEUE}.fifo"}}, "events.targets"),
        ({**ON, "targets": {"a": "arn:aws:s3:::acme-films"}}, "events.targets"),
        ({**ON, "targets": {"a": QUEUE.replace("ap-southeast-2", "eu-west-1")}}, "events.targets"),
        ({"retention_days": 3}, "events.retention_days"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(events: Config, field: str) -> None:
    with pytest.raises(ConfigError, match=f"\n  {field} = "):
        validate_config({**MINIMAL, "events": events}, source="pipeline.toml")


def test_targets_may_come_from_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.toml"
    minimal = "".join(f"{name} = {json.dumps(value)}\n" for name, value in MINIMAL.items())
    file.write_text(f"{minimal}[events]\nenabled = true\nevent_bus = true\n", encoding="utf-8")
    environment = {"PIPELINE_EVENTS__TARGETS": json.dumps({"search-index": QUEUE})}
    assert load_config(file, environment).events.targets == {"search-index": QUEUE}
    assert value_sources(file, environment)["events", "targets"] == "PIPELINE_EVENTS__TARGETS"


def test_events_cost_their_writes_and_the_bus_its_events() -> None:
    videos = 1_000_000
    off, table_only, both = lines({}, videos), lines({"enabled": True}, videos), lines(ON, videos)
    assert "events in the table" not in off
    assert "EventBridge" not in table_only
    # 17 units an event, and half a unit for each of 5.3 million polls.
    assert table_only["events in the table"].usd == pytest.approx(17 * 0.625 + 730 * 7200 / 2 / 1e6 * 0.125)
    assert both["EventBridge"].usd == pytest.approx(1.0)
    unit = [
        make_unit_prices(PipelineConfig.model_validate({**WITH_DOMAIN, "events": events}), load_prices()).video
        for events in ({}, {"enabled": True}, ON)
    ]
    assert unit[1] - unit[0] == pytest.approx(17 * 0.625 / 1e6, abs=2e-8)
    assert unit[2] - unit[1] == pytest.approx(1 / 1e6, abs=2e-8)
