"""Outputs of the monitoring stack."""

from dataclasses import dataclass

from stacks.engine.outputs import output


@dataclass(frozen=True, kw_only=True)
class MonitoringOutputs:
    alarm_topic_arn: str = output("Topic that the alarms notify.")
    dashboard_name: str = output("CloudWatch dashboard.")
