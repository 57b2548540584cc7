"""Example of a stack of your own: one more alarm, which goes to the same address as the pipeline's alarms.

Change it, or delete `team/` and its test: an update does not restore them.
"""

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from stacks.team import Construct, MonitoringOutputs, PipelineConfig, PipelineStack, outputs_of

MAX_WAITING_VIDEOS = 1000


class AlarmsStack(PipelineStack):
    def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
        super().__init__(scope, stack_id, config)
        monitoring = outputs_of(self, "monitoring", MonitoringOutputs)
        CloudwatchMetricAlarm(
            self,
            "backlog",
            alarm_name=self.names.of("team-backlog"),
            alarm_description=f"More than {MAX_WAITING_VIDEOS} videos are waiting: an archive was uploaded.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": self.names.resources.queue.name},
            statistic="Maximum",
            comparison_operator="GreaterThanThreshold",
            threshold=MAX_WAITING_VIDEOS,
            period=60,
            evaluation_periods=5,
            treat_missing_data="notBreaching",
            alarm_actions=[monitoring.alarm_topic_arn],
        )
