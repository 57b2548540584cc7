"""The monitoring stack: an encrypted topic with its e-mail, the alarms, a CloudWatch dashboard.

Deploy it after the workloads: it finds the load balancer, which the cluster's controller has made, by its name. The
subscription stays pending until somebody follows the link in the first e-mail of AWS.
"""

from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_log_metric_filter import (
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.data_aws_lb import DataAwsLb
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from stacks.config.model import PipelineConfig
from stacks.engine.outputs import publish
from stacks.engine.policy import Conditions, Statement, policy_document
from stacks.engine.stack import PipelineStack
from stacks.monitoring.alarms import Alarm, list_alarms
from stacks.monitoring.dashboard import dashboard_body
from stacks.monitoring.metrics import PipelineMetrics, WorkerEvent
from stacks.monitoring.outputs import MonitoringOutputs
from stacks.naming import StackId

_CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}


class MonitoringStack(PipelineStack):
    def __init__(self, scope: Construct, config: PipelineConfig) -> None:
        super().__init__(scope, StackId.MONITORING, config)
        balancer = DataAwsLb(self, "load-balancer", name=self.names.load_balancer)
        metrics = PipelineMetrics(self.names, load_balancer=balancer.arn_suffix)
        topic = self._topic()
        for event in (metrics.videos_failed, metrics.videos_done):
            self._count(event)
        alarms = [self._alarm(alarm, topic) for alarm in list_alarms(config, metrics)]
        dashboard = CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=config.name,
            dashboard_body=dashboard_body(config, metrics, alarm_arns=[alarm.arn for alarm in alarms]),
        )
        publish(self, MonitoringOutputs(alarm_topic_arn=topic.arn, dashboard_name=dashboard.dashboard_name))

    def _topic(self) -> SnsTopic:
        """Make a topic encrypted with a key of ours: CloudWatch may not use `alias/aws/sns`, and fails silently.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
        """
        config, names = self.config, self.names
        from_our_alarms: Conditions = {
            "StringEquals": {"aws:SourceAccount": config.account_id},
            "ArnLike": {"aws:SourceArn": names.arn("cloudwatch", f"alarm:{names.of('*')}")},
        }
        key = KmsKey(
            self,
            "topic-key",
            description=f"Alarms of {config.name} on their way to people.",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            policy=policy_document(
                # In a key's policy "*" is this key, and without this statement nobody could ever change it.
                # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
                Statement(
                    sid="AccountDecides",
                    actions=["kms:*"],
                    resources=["*"],
                    principals={"AWS": names.arn("iam", "root", region="")},
                ),
                # Whose alarms may publish is the topic's policy: a condition here that CloudWatch does not meet would
                # make every alarm silent, and AWS documents none for it.
                Statement(
                    sid="CloudWatchEncrypts",
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],
                    principals=_CLOUDWATCH,
                ),
            ),
        )
        KmsAlias(self, "topic-key-alias", name=f"alias/{names.of('alarms')}", target_key_id=key.key_id)
        topic = SnsTopic(self, "topic", name=names.of("alarms"), kms_master_key_id=key.arn)
        SnsTopicPolicy(
            self,
            "topic-policy",
            arn=topic.arn,
            policy=policy_document(
                Statement(
                    sid="CloudWatchPublishes",
                    actions=["sns:Publish"],
                    resources=[topic.arn],
                    principals=_CLOUDWATCH,
                    conditions=from_our_alarms,
                )
            ),
        )
        SnsTopicSubscription(self, "email", topic_arn=topic.arn, protocol="email", endpoint=config.alert_email)
        return topic

    def _count(self, event: WorkerEvent) -> None:
        """Make a metric that counts the JSON lines that the worker writes for `event`."""
        metric = event.metric
        CloudwatchLogMetricFilter(
            self,
            f"{event.name.replace('_', '-')}-count",
            name=self.names.of(event.name.replace("_", "-")),
            log_group_name=self.names.pods_log_group,
            pattern=f'{{ $.event = "{event.name}" }}',
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                name=metric.name, namespace=metric.namespace, value="1", default_value="0", unit="Count"
            ),
        )

    def _alarm(self, alarm: Alarm, topic: SnsTopic) -> CloudwatchMetricAlarm:
        metric = alarm.metric
        return CloudwatchMetricAlarm(
            self,
            alarm.name,
            alarm_name=self.names.of(alarm.name),
            alarm_description=alarm.description,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=metric.dimensions or None,
            statistic=alarm.statistic,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            period=alarm.period_s,
            evaluation_periods=alarm.periods,
            # Without traffic, or with an empty queue, AWS publishes nothing: that is no alarm.
            treat_missing_data="notBreaching",
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
        )
