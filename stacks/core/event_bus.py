"""The bus in EventBridge with the events about videos, and a rule for each target of the config."""

import json
from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.cloudwatch_event_bus import CloudwatchEventBus
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget

from services.contract.resources import EVENT_SOURCE

if TYPE_CHECKING:
    from stacks.engine.stack import PipelineStack


def make_event_bus(stack: "PipelineStack") -> CloudwatchEventBus:
    """Make the bus. Only the account itself puts events on it and makes rules, as it has no policy."""
    bus = CloudwatchEventBus(
        stack, "event-bus", name=stack.names.event_bus, description=f"Events about videos of {stack.config.name}."
    )
    for name, arn in stack.config.events.targets.items():
        rule = CloudwatchEventRule(
            stack,
            f"event-rule-{name}",
            name=name,
            event_bus_name=bus.name,
            event_pattern=json.dumps({"source": [EVENT_SOURCE]}),
        )
        CloudwatchEventTarget(
            stack, f"event-target-{name}", rule=rule.name, event_bus_name=bus.name, target_id=name, arn=arn
        )
    return bus
