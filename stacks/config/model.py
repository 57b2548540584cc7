"""The typed config of a pipeline instance: what `pipeline.toml` may say.

Pure: `stacks.config.load` reads the file and the environment. Every field has a type, a default (but for five), a
description and a rule; `docs/configuration.md` and `pipeline.schema.json` are made from them.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from services.contract.version import VERSION
from stacks.config import types as values
from stacks.config.partitions import partition_of
from stacks.config.pods import Frames, Web, Worker
from stacks.config.sections import (
    MIN_ZONES,
    Alarms,
    Auth,
    Cluster,
    Events,
    Github,
    Iam,
    LoadBalancer,
    Network,
    Processing,
    Storage,
)
from stacks.config.thumbnails import Thumbnails
from stacks.config.types import Section, broken_rule

TABLES_OF_TEXTS = {("tags",), ("events", "targets")}
"""Paths of the fields that are tables of names that people choose, and no sections."""

_BASE_PODS = 15
"""Addresses besides api, frontend, frames and workers: controllers, CoreDNS, KEDA, and the cluster's own interfaces."""


class PipelineConfig(Section):
    """A pipeline instance."""

    name: values.InstanceName = Field(
        description="Name of the instance: prefix of every resource, and unique in the account.",
        examples=["thumbnails"],
    )
    region: values.Region = Field(description="AWS region.", examples=["ap-southeast-2"])
    account_id: values.AccountId = Field(description="AWS account.", examples=["123456789012"])
    repository: values.Repository = Field(
        description="GitHub repository that deploys. Those made or renamed since 2026-07-15 have numbers in their "
        "tokens: OWNER@OWNERID/REPO@REPOID.",
        examples=["acme/thumbnails"],
    )
    alert_email: values.Email = Field(description="Address for alarms.", examples=["ops@example.com"])
    domain: values.Domain | None = Field(
        default=None,
        description="Root domain whose zone the dns stack makes; without one there is no HTTPS.",
        examples=["example.com"],
    )
    hosted_zone_id: values.HostedZoneId | None = Field(
        default=None,
        description="An existing public zone of Route 53 that holds the dashboard's name; the dns stack makes one for "
        "the domain unless set.",
        examples=["Z0123456789ABCDEFGHIJ"],
    )
    subdomain: values.DnsLabel = Field(default="thumbnail", description="Label of the dashboard under the domain.")
    certificate: bool = Field(
        default=False,
        description="True once the domain is delegated: dns step 2 then gets the certificate, and the load balancer "
        "serves HTTPS.",
    )
    state_bucket: values.BucketName | None = Field(
        default=None,
        description="Bucket of Terraform's state; `<name>-tfstate-<account_id>-<region>` unless set.",
        examples=["acme-tfstate"],
    )
    tags: Mapping[values.TagKey, values.TagValue] = Field(
        default={}, max_length=40, description="Tags on every resource.", examples=[{"team": "media"}]
    )
    image_tag: values.ImageTag = Field(
        default=VERSION, description="Tag of the three images to deploy.", examples=["1.0.5"]
    )
    github: Github = Field(default=Github(), description="Who may deploy.")
    iam: Iam = Field(default=Iam(), description="Roles.")
    network: Network = Field(default=Network(), description="The VPC.")
    cluster: Cluster = Field(default=Cluster(), description="The EKS cluster.")
    storage: Storage = Field(default=Storage(), description="Buckets and table.")
    thumbnails: Thumbnails = Field(default=Thumbnails(), description="What the thumbnails look like.")
    processing: Processing = Field(default=Processing(), description="What a video may take.")
    worker: Worker = Field(default=Worker(), description="The workers.")
    api: Web = Field(default=Web(), description="The api's pods.")
    frontend: Web = Field(default=Web(), description="The dashboard's pods.")
    frames: Frames = Field(default=Frames(), description="The frames service: any frame of any video by a signed URL.")
    events: Events = Field(default=Events(), description="Events about videos, for webhooks and EventBridge.")
    load_balancer: LoadBalancer = Field(default=LoadBalancer(), description="The way in.")
    auth: Auth = Field(default=Auth(), description="Access.")
    alarms: Alarms = Field(default=Alarms(), description="Thresholds of the alarms.")

    @model_validator(mode="after")
    def _certificate_has_a_domain(self) -> Self:
        if self.certificate and self.domain is None:
            raise broken_rule("a certificate needs a domain", ["certificate", "domain"])
        return self

    @model_validator(mode="after")
    def _zone_has_a_domain(self) -> Self:
        if self.hosted_zone_id and self.domain is None:
            raise broken_rule("an existing zone needs a domain", ["hosted_zone_id", "domain"])
        return self

    @model_validator(mode="after")
    def _oidc_is_encrypted(self) -> Self:
        if self.auth.mode == "oidc" and not self.certificate:
            rule = "oidc needs HTTPS: deploy the dns stack with mode token first, then set certificate = true and oidc"
            raise broken_rule(rule, ["auth.mode", "certificate"])
        return self

    @model_validator(mode="after")
    def _arns_are_of_the_partition(self) -> Self:
        partition, oidc = partition_of(self.region), self.auth.oidc
        given = {
            "cluster.admin_principal_arns": self.cluster.admin_principal_arns,
            "iam.permissions_boundary_arn": (self.iam.permissions_boundary_arn,),
            "events.targets": tuple(self.events.targets.values()),
            "storage.source_kms_key_arns": self.storage.source_kms_key_arns,
            "load_balancer.web_acl_arn": (self.load_balancer.web_acl_arn,),
            "auth.oidc.client_secret_arn": (oidc.client_secret_arn if oidc else None,),
        }
        for field, arns in given.items():
            if any(arn and not arn.startswith(f"arn:{partition}:") for arn in arns):
                raise broken_rule(f"ARNs in {self.region} begin with arn:{partition}:", [field, "region"])
        return self

    @model_validator(mode="after")
    def _targets_are_in_reach(self) -> Self:
        home = [self.region, self.account_id]
        if any(arn.split(":")[3:5] != home for arn in self.events.targets.values()):
            rule = "a rule of EventBridge reaches targets of its own region and account"
            raise broken_rule(rule, ["events.targets", "region", "account_id"])
        return self

    @model_validator(mode="after")
    def _pods_have_addresses(self) -> Self:
        # A deployment asks AWS for the free addresses of existing subnets.
        if self.network.vpc_id is None and self.max_pods > self.network.pod_addresses:
            have = self.network.pod_addresses
            rule = f"private subnets hold the {self.max_pods} pods at most: these have {have} addresses"
            fields = ["network.subnet_prefix", "worker.max_replicas", "api.max_replicas", "frontend.max_replicas"]
            raise broken_rule(rule, fields)
        return self

    @model_validator(mode="after")
    def _load_balancer_has_subnets(self) -> Self:
        network, public = self.network, self.load_balancer.scheme == "internet-facing"
        if network.vpc_id is not None and public and len(network.public_subnet_ids) < MIN_ZONES:
            rule = "an internet-facing load balancer in an existing VPC needs two public subnets at least"
            raise broken_rule(rule, ["network.public_subnet_ids", "network.vpc_id", "load_balancer.scheme"])
        return self

    @property
    def max_pods(self) -> int:
        """Return an upper limit of the addresses that pods and the cluster take."""
        frames = self.frames.max_replicas if self.frames.enabled else 0
        return self.worker.max_replicas + self.api.max_replicas + self.frontend.max_replicas + frames + _BASE_PODS

    @model_validator(mode="after")
    def _tags_differ(self) -> Self:
        twice = [key for key, count in Counter(key.lower() for key in self.tags).items() if count > 1]
        if twice:
            raise broken_rule(f"IAM ignores capitals in keys: {', '.join(twice)} is there twice", ["tags"])
        return self
