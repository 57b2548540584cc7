"""The only place where names and tags are made.

Names follow from the config alone, so that stacks, policies, alarms and people agree on them without asking AWS. An
account holds one instance of a name: roles are global in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.contract.resources import PipelineResources, pipeline_resources
from stacks.config import derived
from stacks.config.model import PipelineConfig
from stacks.config.partitions import dns_suffix_of, partition_of


class StackId(StrEnum):
    """Ids of the pipeline's stacks, in the order in which they are deployed for the first time."""

    BOOTSTRAP = "bootstrap"
    CORE = "core"
    WORKLOADS = "workloads"
    DNS = "dns"
    MONITORING = "monitoring"


SERVICES = ("worker", "api", "frontend")
"""Services with an image and a repository for it, in the order in which images are built."""

CLUSTER_TAG = "elbv2.k8s.aws/cluster"
"""Tag that the AWS Load Balancer Controller puts on everything that it makes; its value is the cluster's name.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#resource-tags
"""

GITHUB_ISSUER = "token.actions.githubusercontent.com"
"""Issuer of the tokens of GitHub's workflows."""

STS_AUDIENCE = "sts.amazonaws.com"
"""Audience of tokens for IAM roles, in every partition: https://github.com/eksctl-io/eksctl/pull/1912"""

SYSTEM_NAMESPACE = "kube-system"
KEDA_NAMESPACE = "keda"
INSIGHTS_NAMESPACE = "fargate-container-insights"
"""The ADOT collector's own: its account may read `nodes/proxy`, which nothing else should share."""
LOGGING_NAMESPACE = "aws-observability"
"""Namespace of Fargate's logging ConfigMap; it runs no pods."""


@dataclass(frozen=True)
class ServiceAccount:
    """A Kubernetes service account that acts as an IAM role (IRSA)."""

    namespace: str
    name: str

    @property
    def subject(self) -> str:
        """Return the subject in the cluster's tokens."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"


LOAD_BALANCER_CONTROLLER_ACCOUNT = ServiceAccount(SYSTEM_NAMESPACE, "aws-load-balancer-controller")
KEDA_OPERATOR_ACCOUNT = ServiceAccount(KEDA_NAMESPACE, "keda-operator")
COLLECTOR_ACCOUNT = ServiceAccount(INSIGHTS_NAMESPACE, "adot-collector")

QUEUE_AUTOSCALER = "worker-autoscaler"
"""Helm release of KEDA's objects for the worker."""


@dataclass(frozen=True)
class Names:
    """Names, URLs and ARNs of one instance."""

    config: PipelineConfig

    def of(self, part: str) -> str:
        """Return `<name>-<part>`: Deployments, Services, repositories, roles, alarms."""
        return f"{self.config.name}-{part}"

    @property
    def namespace(self) -> str:
        """Return the Kubernetes namespace of api, frontend, frames and worker."""
        return self.config.name

    @property
    def cluster(self) -> str:
        return self.config.name

    @property
    def api(self) -> str:
        return self.of("api")

    @property
    def open_api(self) -> str:
        """Return the name of the api's Service that the load balancer serves without a login."""
        return self.of("api-open")

    @property
    def token_api(self) -> str:
        """Return the name of the api's Service that the load balancer serves to requests with an API token."""
        return self.of("api-token")

    @property
    def frontend(self) -> str:
        return self.of("frontend")

    @property
    def frames(self) -> str:
        return self.of("frames")

    @property
    def worker(self) -> str:
        return self.of("worker")

    @property
    def api_account(self) -> ServiceAccount:
        return ServiceAccount(self.namespace, self.api)

    @property
    def worker_account(self) -> ServiceAccount:
        return ServiceAccount(self.namespace, self.worker)

    @property
    def frames_account(self) -> ServiceAccount:
        return ServiceAccount(self.namespace, self.frames)

    @property
    def load_balancer(self) -> str:
        """Return the load balancer's name, of at most 32 characters; the stacks find it by this name."""
        return self.config.name

    @property
    def load_balancer_arns(self) -> list[str]:
        """Return the ARNs of the load balancer, its listeners and their rules; `*` replaces the ids that AWS gives."""
        kinds = ("loadbalancer", "listener", "listener-rule")
        return [self.arn("elasticloadbalancing", f"{kind}/app/{self.load_balancer}/*") for kind in kinds]

    @property
    def host(self) -> str | None:
        """Return the host of the dashboard, None without a domain."""
        return f"{self.config.subdomain}.{self.config.domain}" if self.config.domain else None

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins of the dashboard's pages.

        Before HTTPS the load balancer's own name serves them too. AWS puts a number into that name; `*` replaces the
        number, and S3 takes one `*` in an origin. HTTPS on the domain is always among them, so that the certificate
        needs no deployment of the bucket.
        """
        https = (f"https://{self.host}",) if self.host else ()
        if self.config.certificate:
            return https
        prefix = "internal-" if self.config.load_balancer.scheme == "internal" else ""
        balancer = f"http://{prefix}{self.load_balancer}-*.{self.config.region}.elb.{self.dns_suffix}"
        return (*https, *((f"http://{self.host}",) if self.host else ()), balancer)

    @property
    def bucket_origin(self) -> str:
        """Return the origin of the bucket's presigned URLs."""
        return f"https://{self.resources.bucket}.s3.{self.config.region}.{self.dns_suffix}"

    @property
    def state_bucket(self) -> str:
        return derived.state_bucket_name(self.config)

    def state_key(self, stack_id: str) -> str:
        return f"{self.config.name}/{stack_id}.tfstate"

    @property
    def resources(self) -> PipelineResources:
        """Return bucket, queues, table and notification, as worker, api and the local pipeline know them."""
        config = self.config
        return pipeline_resources(
            config.name,
            bucket=derived.videos_bucket_name(config),
            test_source_bucket=derived.test_source_bucket_name(config),
            visibility_timeout_s=config.processing.visibility_timeout_s,
            tries=config.processing.max_receive_count,
        )

    @property
    def queue_url(self) -> str:
        return self._queue_url(self.resources.queue.name)

    @property
    def dead_letter_queue_url(self) -> str:
        return self._queue_url(self.resources.dead_letter_queue.name)

    @property
    def queue_arn(self) -> str:
        return self.arn("sqs", self.resources.queue.name)

    @property
    def dead_letter_queue_arn(self) -> str:
        return self.arn("sqs", self.resources.dead_letter_queue.name)

    @property
    def bucket_arn(self) -> str:
        return self.bucket_arn_of(self.resources.bucket)

    @property
    def test_source_bucket_arn(self) -> str:
        return self.bucket_arn_of(self.resources.test_source_bucket)

    @property
    def source_bucket_arns(self) -> list[str]:
        """Return the ARNs of the existing buckets with videos."""
        return [self.bucket_arn_of(bucket) for bucket in self.config.storage.source_buckets]

    @property
    def table_arn(self) -> str:
        return self.arn("dynamodb", f"table/{self.resources.table.name}")

    @property
    def event_bus(self) -> str:
        """Return the name of the bus in EventBridge, on which the api puts events about videos."""
        return self.resources.event_bus

    @property
    def event_bus_arn(self) -> str:
        return self.arn("events", f"event-bus/{self.event_bus}")

    @property
    def event_rules_arn(self) -> str:
        """Return the ARN of the rules of that bus."""
        return self.arn("events", f"rule/{self.event_bus}/*")

    @property
    def api_token_secret(self) -> str:
        """Return the name of the secret in Secrets Manager that holds the api's token."""
        return f"{self.config.name}/api-token"

    def role_arn(self, part: str) -> str:
        return self.arn("iam", f"role/{self.of(part)}", region="")

    @property
    def github_provider_arn(self) -> str:
        """Return the ARN of the account's OIDC provider of GitHub."""
        return self.arn("iam", f"oidc-provider/{GITHUB_ISSUER}", region="")

    @property
    def boundary_arn(self) -> str:
        """Return the ARN of the permissions boundary of every role that the deploy role may make.

        The organisation's replaces the instance's own: IAM takes one boundary for a role.
        """
        return self.config.iam.permissions_boundary_arn or self.arn("iam", f"policy/{self.of('boundary')}", region="")

    @property
    def vpc_arn(self) -> str:
        """Return the ARN of the existing VPC, which another account may share; otherwise of every VPC."""
        existing = self.config.network.vpc_id
        return self.arn("ec2", f"vpc/{existing}", account="*") if existing else self.arn("ec2", "vpc/*")

    @property
    def vpc_conditions(self) -> Mapping[str, Mapping[str, str]]:
        """Return the conditions under which a VPC is the instance's: one that core makes has its tag."""
        if self.config.network.vpc_id:
            return {}
        return {"StringEquals": {"aws:ResourceTag/pipeline": self.config.name}}

    @property
    def cluster_arn(self) -> str:
        return self.arn("eks", f"cluster/{self.cluster}")

    @property
    def cluster_log_group(self) -> str:
        """Return the log group of the control plane, whose name EKS decides."""
        return f"/aws/eks/{self.cluster}/cluster"

    @property
    def pods_log_group(self) -> str:
        return f"/{self.config.name}/pods"

    @property
    def insights_log_group(self) -> str:
        """Return the log group of Container Insights, the default of the `awsemf` exporter."""
        return f"/aws/containerinsights/{self.cluster}/performance"

    def log_group_arn(self, log_group: str) -> str:
        return self.arn("logs", f"log-group:{log_group}")

    def repository(self, service: str) -> str:
        """Return the name of a service's ECR repository."""
        return self.of(service)

    def image(self, service: str) -> str:
        """Return the image of a service at the config's tag; ECR refuses to move a tag."""
        registry = f"{self.config.account_id}.dkr.ecr.{self.config.region}.{self.dns_suffix}"
        return f"{registry}/{self.repository(service)}:{self.config.image_tag}"

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        where = self.config.region if region is None else region
        whose = self.config.account_id if account is None else account
        return f"arn:{self.partition}:{service}:{where}:{whose}:{resource}"

    def bucket_arn_of(self, bucket: str) -> str:
        return self.arn("s3", bucket, region="", account="")

    @property
    def partition(self) -> str:
        return partition_of(self.config.region)

    @property
    def dns_suffix(self) -> str:
        return dns_suffix_of(self.config.region)

    def _queue_url(self, queue: str) -> str:
        return f"https://sqs.{self.config.region}.{self.dns_suffix}/{self.config.account_id}/{queue}"


def resource_tags(config: PipelineConfig, stack_id: str) -> dict[str, str]:
    """Return the tags of every resource of a stack; the config's own tags come on top."""
    return {"pipeline": config.name, "stack": str(stack_id), "managed-by": "thumbnail-pipeline", **config.tags}
