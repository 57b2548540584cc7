"""The core stack: network, cluster, identities, queues, storage."""

from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup

from stacks.core import accounts
from stacks.core.cluster import make_cluster
from stacks.core.event_bus import make_event_bus
from stacks.core.network import make_network
from stacks.core.outputs import CoreOutputs
from stacks.core.queues import make_queues
from stacks.core.roles import AccountRoles
from stacks.core.secrets import make_api_token
from stacks.core.storage import make_bucket, make_table, make_test_source_bucket, notify_of_sources
from stacks.engine.outputs import publish
from stacks.engine.stack import PipelineStack
from stacks.naming import StackId

if TYPE_CHECKING:
    from constructs import Construct

    from stacks.config.model import PipelineConfig


class CoreStack(PipelineStack):
    """The network, cluster, queues, buckets and table. Nothing in it needs the cluster's own API."""

    def __init__(self, scope: "Construct", config: "PipelineConfig") -> None:
        super().__init__(scope, StackId.CORE, config)
        network = make_network(self)
        cluster = make_cluster(self, network)
        queues = make_queues(self)
        bucket = make_bucket(self, queues)
        notify_of_sources(self, queues)
        make_test_source_bucket(self)
        table = make_table(self)
        token = make_api_token(self)
        event_bus = make_event_bus(self) if config.events.event_bus else None
        account_roles = AccountRoles(self, cluster)
        frames_role = accounts.make_frames_role(self, account_roles) if config.frames.enabled else None
        publish(
            self,
            CoreOutputs(
                cluster_name=cluster.name,
                cluster_endpoint=cluster.endpoint,
                cluster_ca_data=cluster.certificate_authority.get(0).data,
                oidc_provider_arn=account_roles.provider.arn,
                oidc_issuer=account_roles.issuer,
                vpc_id=network.vpc_id,
                public_subnet_ids=network.public,
                private_subnet_ids=network.private,
                queue_name=queues.videos.name,
                queue_url=queues.videos.url,
                queue_arn=queues.videos.arn,
                dead_letter_queue_name=queues.dead_letters.name,
                dead_letter_queue_url=queues.dead_letters.url,
                dead_letter_queue_arn=queues.dead_letters.arn,
                bucket_name=bucket.id,
                test_source_bucket_name=self.names.resources.test_source_bucket,
                table_name=table.name,
                event_bus_arn=event_bus.arn if event_bus else "",
                api_token_secret_arn=token.arn,
                worker_role_arn=accounts.make_worker_role(self, account_roles).arn,
                api_role_arn=accounts.make_api_role(self, account_roles, token_secret_arn=token.arn).arn,
                frames_role_arn=frames_role.arn if frames_role else "",
                keda_operator_role_arn=accounts.make_keda_operator_role(self, account_roles).arn,
                load_balancer_controller_role_arn=accounts.make_load_balancer_controller_role(self, account_roles).arn,
                collector_role_arn=accounts.make_collector_role(self, account_roles).arn,
                pods_log_group=self._log_group("pods-logs", self.names.pods_log_group).name,
                insights_log_group=self._log_group("insights-logs", self.names.insights_log_group).name,
            ),
        )

    def _log_group(self, construct_id: str, name: str) -> CloudwatchLogGroup:
        """Make a log group ahead of its writers: with a retention, and without a right of pods to make it."""
        days = self.config.cluster.log_retention_days
        return CloudwatchLogGroup(self, construct_id, name=name, retention_in_days=days)
