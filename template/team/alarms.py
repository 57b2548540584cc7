"""An example of a stack of your own: an alarm besides the pipeline's, to the same people.

Change it, or delete `team/` (and its test): updates will not bring it back.
"""

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from stacks.team import Construct, MonitoringOutputs, PipelineConfig, PipelineStack, outputs_of

MOST_WAITING = 1000


class AlarmsStack(PipelineStack):
    def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
        super().__init__(scope, stack_id, config)
        monitoring = outputs_of(self, "monitoring", MonitoringOutputs)
        CloudwatchMetricAlarm(
            self,
            "backlog",
            alarm_name=self.names.of("team-backlog"),
            alarm_description=f"More than {MOST_WAITING} videos wait: somebody has uploaded an archive.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": self.names.resources.queue.name},
            statistic="Maximum",
            comparison_operator="GreaterThanThreshold",
            threshold=MOST_WAITING,
            period=60,
            evaluation_periods=5,
            treat_missing_data="notBreaching",
            alarm_actions=[monitoring.alarm_topic_arn],
        )
