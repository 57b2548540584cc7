"""The sections of `pipeline.toml`, besides those in `pods`: each a table of the file, with its rules."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from services.contract.formats import DENIED_DECODERS, VIDEO_EXTENSIONS, check_extensions, check_format_names
from services.contract.shards import MAX_SHARDS
from stacks.config import types as values
from stacks.config.types import Section, broken_rule, has_room_for
from stacks.config.versions import KEDA_KUBERNETES_VERSIONS, KEDA_VERSION

KUBERNETES_VERSIONS = {"1.35": "2027-03", "1.36": "2027-08"}
"""Versions that this project has checked, with the end of EKS' standard support.

https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
"""

MIN_ZONES = 2
"""Zones that a load balancer and an EKS cluster need."""

_RESERVED_ADDRESSES = 5
"""Addresses that AWS keeps in each subnet: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""

ControlPlaneLog = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 731, 1827]
"""Periods that CloudWatch Logs accepts, up to five years."""


class Github(Section):
    branch: values.Branch = Field(default="main", description="Branch whose workflows may build and deploy.")
    environment: values.EnvironmentName = Field(
        default="production",
        description="GitHub environment of the jobs that change the account: the deploy role trusts it alone, so its "
        "protection rules guard the account. The workflows name it.",
        examples=["production"],
    )
    oidc_provider_exists: bool = Field(
        default=False,
        description="True if the account already has GitHub's OIDC provider; an account can have only one.",
    )


class Iam(Section):
    permissions_boundary_arn: values.PolicyArn | None = Field(
        default=None,
        description="Permissions boundary of the organisation: every role gets it, instead of the "
        "instance's own boundary.",
        examples=["arn:aws:iam::123456789012:policy/organisation-boundary"],
    )


class Network(Section):
    vpc_id: values.VpcId | None = Field(
        default=None,
        description="An existing VPC to use; core makes VPC, subnets and NAT gateway unless set.",
        examples=["vpc-0a1b2c3d4e5f60718"],
    )
    private_subnet_ids: tuple[values.SubnetId, ...] = Field(
        default=(),
        max_length=16,
        description="Private subnets of that VPC, for pods: in two zones at least, with a way to the internet.",
        examples=[["subnet-0a1b2c3d4e5f60718", "subnet-0b1b2c3d4e5f60718"]],
    )
    public_subnet_ids: tuple[values.SubnetId, ...] = Field(
        default=(),
        max_length=16,
        description="Public subnets of that VPC, for the load balancer: in two zones at least. None are needed if "
        "load_balancer.scheme is internal.",
        examples=[["subnet-0c1b2c3d4e5f60718", "subnet-0d1b2c3d4e5f60718"]],
    )
    vpc_cidr: IPv4Network = Field(
        default=IPv4Network("10.0.0.0/16"),
        description="Addresses of the VPC that core makes: /16 to /24.",
        examples=["10.0.0.0/16"],
    )
    availability_zones: int = Field(
        default=2, ge=2, le=4, description="Zones, each with a public and a private subnet; a load balancer needs two."
    )
    subnet_prefix: int = Field(
        default=20,
        ge=18,
        le=27,
        description="Prefix length of the subnets; every pod takes an address of a private one.",
    )

    @model_validator(mode="after")
    def _holds_the_subnets(self) -> Self:
        if not 16 <= self.vpc_cidr.prefixlen <= 24:
            raise broken_rule("vpc_cidr is a /16 to /24", ["vpc_cidr"])
        needed = 2 * self.availability_zones
        if not has_room_for(self.vpc_cidr, self.subnet_prefix, needed):
            rule = f"vpc_cidr holds {needed} subnets of /{self.subnet_prefix}, two a zone"
            raise broken_rule(rule, ["vpc_cidr", "subnet_prefix", "availability_zones"])
        return self

    @model_validator(mode="after")
    def _names_a_vpc_with_its_subnets(self) -> Self:
        subnets = (*self.private_subnet_ids, *self.public_subnet_ids)
        if self.vpc_id is None and subnets:
            raise broken_rule("subnets need vpc_id, the VPC that they are in", ["vpc_id", "private_subnet_ids"])
        if self.vpc_id is not None and len(self.private_subnet_ids) < MIN_ZONES:
            raise broken_rule("an existing VPC needs two private subnets at least", ["private_subnet_ids", "vpc_id"])
        if len(subnets) != len(set(subnets)):
            rule = "each subnet is named once, and is either private or public"
            raise broken_rule(rule, ["private_subnet_ids", "public_subnet_ids"])
        return self

    @property
    def pod_addresses(self) -> int:
        """Return the number of addresses for pods in all private subnets that core makes."""
        return self.availability_zones * ((1 << (32 - self.subnet_prefix)) - _RESERVED_ADDRESSES)


class Cluster(Section):
    kubernetes_version: str = Field(
        default="1.36",
        description="Kubernetes version, of those in EKS' standard support that KEDA supports as well.",
        examples=["1.36"],
    )
    public_access_cidrs: tuple[IPv4Network, ...] = Field(
        default=(IPv4Network("0.0.0.0/0"),),
        min_length=1,
        max_length=40,
        description="Addresses that reach the cluster's public endpoint, which IAM guards. A narrower list locks "
        "GitHub-hosted runners out.",
        examples=[["203.0.113.0/24"]],
    )
    admin_principal_arns: tuple[values.PrincipalArn, ...] = Field(
        default=(),
        description="IAM roles or users that administer the cluster, besides the deploy role. Add your own role if you "
        "deploy from a laptop.",
        examples=[["arn:aws:iam::123456789012:role/platform"]],
    )
    otlp_endpoint: values.Origin | None = Field(
        default=None,
        description="OpenTelemetry collector that takes the traces of worker and api over HTTP, in the cluster or "
        "elsewhere; no traces unless set.",
        examples=["http://collector.monitoring:4318"],
    )
    control_plane_logs: tuple[ControlPlaneLog, ...] = Field(
        default=("audit", "authenticator"),
        description="Logs of the control plane that CloudWatch gets: any of api, audit, authenticator, "
        "controllerManager, scheduler. Each gigabyte costs money.",
        examples=[["audit"]],
    )
    pod_metrics: Literal["pipeline", "all", "none"] = Field(
        default="pipeline",
        description="Pods whose CPU, memory, network and restarts CloudWatch gets as metrics, each of which costs: "
        "those of the pipeline; all, with sums; or none, without the collector.",
    )
    log_retention_days: Days = Field(default=30, description="Days that logs of cluster and pods are kept.")
    deletion_protection: bool = Field(
        default=True, description="True if EKS refuses to delete the cluster; set it to false before a destroy."
    )

    @field_validator("kubernetes_version")
    @classmethod
    def _is_supported(cls, version: str) -> str:
        supported = [known for known in KUBERNETES_VERSIONS if known in KEDA_KUBERNETES_VERSIONS]
        if version not in supported:
            keda = f"KEDA {KEDA_VERSION} supports {KEDA_KUBERNETES_VERSIONS[0]} to {KEDA_KUBERNETES_VERSIONS[-1]}"
            raise ValueError(f"one of {', '.join(supported)}: EKS gives these its standard support, and {keda}")
        return version


class Storage(Section):
    bucket_name: values.BucketName | None = Field(
        default=None,
        description="Bucket for videos and thumbnails; `<name>-videos-<account_id>-<region>` unless set.",
        examples=["acme-thumbnails"],
    )
    test_source_bucket_name: values.BucketName | None = Field(
        default=None,
        description="An existing bucket with videos for Test Pipeline; the core stack makes one unless set.",
        examples=["acme-test-videos"],
    )
    source_buckets: tuple[values.BucketName, ...] = Field(
        default=(),
        max_length=20,
        description="Existing buckets of the account, in the same region, whose new videos get thumbnails as well. The "
        "pipeline only reads them; their thumbnails go to its own bucket.",
        examples=[["acme-films", "acme-lectures"]],
    )
    source_kms_key_arns: tuple[values.KmsKeyArn, ...] = Field(
        default=(),
        max_length=20,
        description="Keys in KMS with which objects of the source buckets are encrypted.",
        examples=[["arn:aws:kms:ap-southeast-2:123456789012:key/1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"]],
    )
    upload_origins: tuple[values.Origin, ...] = Field(
        default=(),
        max_length=20,
        description="Origins of pages that upload to the bucket, besides the dashboard's own.",
        examples=[["https://intranet.example.com"]],
    )
    noncurrent_days: int = Field(
        default=7, ge=1, le=365, description="Days in which overwritten and deleted objects can be restored."
    )
    upload_expiry_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="Days after which uploads are deleted; never unless set.",
        examples=[90],
    )
    table_shards: int = Field(
        default=1,
        ge=1,
        le=MAX_SHARDS,
        description="Items over which the videos table's totals are spread, so that many workers can write at once; "
        "one for each ten videos a second. docs/upgrading.md says how to change it.",
        examples=[32],
    )
    deletion_protection: bool = Field(
        default=True, description="True if a destroy keeps the videos table, and buckets with objects."
    )

    @model_validator(mode="after")
    def _sources_are_others(self) -> Self:
        if self.source_kms_key_arns and not self.source_buckets:
            raise broken_rule("keys need source_buckets", ["source_kms_key_arns", "source_buckets"])
        if len(set(self.source_buckets)) < len(self.source_buckets) or self.bucket_name in self.source_buckets:
            rule = "each source bucket is named once, and bucket_name is none of them"
            raise broken_rule(rule, ["source_buckets", "bucket_name"])
        return self

    @model_validator(mode="after")
    def _buckets_differ(self) -> Self:
        if self.bucket_name and self.bucket_name == self.test_source_bucket_name:
            rule = "bucket_name and test_source_bucket_name are two buckets: a test would copy a video onto itself"
            raise broken_rule(rule, ["test_source_bucket_name", "bucket_name"])
        return self


class Processing(Section):
    deadline_s: int = Field(default=60, ge=5, le=3600, description="Seconds that one video may take.")
    visibility_timeout_s: int = Field(
        default=360, ge=30, le=43_200, description="Seconds that SQS hides a received message: six deadlines at least."
    )
    max_receive_count: int = Field(default=5, ge=2, le=20, description="Tries of a video before it fails for good.")
    delete_follows_source: bool = Field(
        default=True,
        description="Remove the record and the thumbnails of a video when its upload is deleted. Those of uploads that "
        "`storage.upload_expiry_days` deletes stay.",
    )
    extensions: tuple[str, ...] = Field(
        default=VIDEO_EXTENSIONS,
        description="Extensions of the uploads that are processed. They select uploads only: the content decides how a "
        "video is read.",
        examples=[[".mp4", ".mov", ".mxf"]],
    )
    denied_decoders: tuple[str, ...] = Field(
        default=tuple(DENIED_DECODERS),
        description="Decoders of FFmpeg that the worker does not open.",
        examples=[["exr", "flic"]],
    )
    denied_demuxers: tuple[str, ...] = Field(
        default=(), description="Demuxers of FFmpeg that the worker does not open.", examples=[["gif", "swf"]]
    )

    @field_validator("extensions")
    @classmethod
    def _valid_extensions(cls, extensions: tuple[str, ...]) -> tuple[str, ...]:
        return check_extensions(extensions)

    @field_validator("denied_decoders", "denied_demuxers")
    @classmethod
    def _valid_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return check_format_names(names)

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        if self.visibility_timeout_s < 6 * self.deadline_s:
            rule = f"at least 6 times deadline_s, which is {self.deadline_s}"
            raise broken_rule(rule, ["visibility_timeout_s", "deadline_s"])
        return self


class Events(Section):
    enabled: bool = Field(
        default=False,
        description="True to write an event with each end and deletion of a video, which the api sends to webhooks.",
    )
    allow_private_targets: bool = Field(
        default=False,
        description="True to let webhooks have addresses of private networks, such as those of the VPC, and plain "
        "HTTP. Admins make webhooks: with this, they reach every service that the api's pods reach.",
    )
    event_bus: bool = Field(default=False, description="True to send each event to a bus of EventBridge as well.")
    targets: Mapping[values.RuleName, values.TargetArn] = Field(
        default={},
        max_length=20,
        description="Existing queues, topics or functions that get every event of the bus, each by a rule of that "
        "name. Their own policies must let EventBridge in: docs/event-bus.md shows how.",
        examples=[{"search-index": "arn:aws:sqs:ap-southeast-2:123456789012:search-index"}],
    )
    retention_days: int = Field(
        default=30, ge=4, le=365, description="Days for which events are kept, shown and can be replayed."
    )

    @model_validator(mode="after")
    def _bus_has_events(self) -> Self:
        if self.event_bus and not self.enabled:
            raise broken_rule("an event bus needs enabled = true", ["event_bus", "enabled"])
        if self.targets and not self.event_bus:
            raise broken_rule("targets need event_bus = true", ["targets", "event_bus"])
        return self


class LoadBalancer(Section):
    scheme: Literal["internet-facing", "internal"] = Field(
        default="internet-facing",
        description="Access to the dashboard: from the internet, or from the VPC only.",
    )
    inbound_cidrs: tuple[IPv4Network, ...] = Field(
        default=(IPv4Network("0.0.0.0/0"),),
        min_length=1,
        max_length=40,
        description="Addresses that reach the dashboard.",
        examples=[["203.0.113.0/24"]],
    )
    controller_replicas: Literal[1, 2] = Field(
        default=2,
        description="Pods of the load balancer's controller. While the only one is replaced, changes of the Ingress "
        "are refused.",
    )
    idle_timeout_s: int = Field(
        default=3600, ge=60, le=4000, description="Seconds before a silent connection, such as a WebSocket, is closed."
    )
    web_acl_arn: values.WebAclArn | None = Field(
        default=None,
        description="WAF web ACL in front of the dashboard.",
        examples=["arn:aws:wafv2:ap-southeast-2:123456789012:regional/webacl/dashboards/1a2b3c"],
    )


class Oidc(Section):
    """The identity provider that the load balancer sends people to."""

    issuer: values.HttpsUrl = Field(description="Issuer.", examples=["https://login.example.com"])
    authorization_endpoint: values.HttpsUrl = Field(
        description="Authorization endpoint.", examples=["https://login.example.com/authorize"]
    )
    token_endpoint: values.HttpsUrl = Field(description="Token endpoint.", examples=["https://login.example.com/token"])
    user_info_endpoint: values.HttpsUrl = Field(
        description="User info endpoint.", examples=["https://login.example.com/userinfo"]
    )
    client_secret_arn: values.SecretArn = Field(
        description="Secret in Secrets Manager with clientID and clientSecret.",
        examples=["arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:dashboard-oidc-AbCdEf"],
    )
    operator_claim: str = Field(
        default="groups",
        min_length=1,
        description="Claim that distinguishes operators from viewers.",
        examples=["groups"],
    )
    operator_value: str = Field(
        default="operators", min_length=1, description="Value of the claim that makes an operator."
    )


class Auth(Section):
    mode: Literal["token", "oidc", "none"] = Field(
        default="token", description="Access for callers with the token, for users of the provider, or for everyone."
    )
    oidc: Oidc | None = Field(default=None, description="The identity provider; needed with mode oidc, and only then.")

    @model_validator(mode="after")
    def _names_a_provider(self) -> Self:
        if (self.mode == "oidc") != (self.oidc is not None):
            raise broken_rule("oidc goes together with the section auth.oidc: give both or none", ["mode", "oidc"])
        return self


class Alarms(Section):
    dead_letter_age_s: int = Field(
        default=300, ge=60, le=1_209_600, description="Age of a dead letter that raises an alarm, seconds."
    )
    queue_age_s: int = Field(
        default=900, ge=60, le=345_600, description="Age of a waiting message that raises an alarm, seconds."
    )
    response_time_s: float = Field(
        default=2.0, gt=0, le=60, description="Average response time over two minutes that raises an alarm, seconds."
    )
    connections: int = Field(
        default=500, ge=1, description="Connections a minute that raise an alarm; a WebSocket counts about twice."
    )
    worker_errors: int = Field(default=5, ge=1, description="Failed videos in 5 minutes that raise an alarm.")
