"""Stand-ins in the emulated AWS for what a rehearsal does not have: images, and the controller's load balancer."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stacks.naming import CLUSTER_TAG, SERVICES, Names

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_elbv2.type_defs import LoadBalancerTypeDef


def push_images(session: "Session", names: Names) -> None:
    """Put a manifest at the config's tag into each repository: a deployment asks for it, and nothing runs it."""
    ecr = session.client("ecr")
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {}, "layers": []})
    for service in SERVICES:
        ecr.put_image(
            repositoryName=names.repository(service),
            imageManifest=manifest,
            imageManifestMediaType=kind,
            imageTag=names.config.image_tag,
        )


def delete_images(session: "Session", names: Names) -> None:
    ecr = session.client("ecr")
    for service in SERVICES:
        ecr.batch_delete_image(
            repositoryName=names.repository(service), imageIds=[{"imageTag": names.config.image_tag}]
        )


@dataclass(frozen=True)
class EmulatedLoadBalancer:
    """The load balancer that the controller makes for the Ingress."""

    session: "Session"
    names: Names
    subnets: tuple[str, ...]

    def make(self) -> str:
        """Make it unless it is there, and return its host name."""
        if found := self._find():
            return found["DNSName"]
        made = self.session.client("elbv2").create_load_balancer(
            Name=self.names.load_balancer,
            Subnets=list(self.subnets),
            Type="application",
            Tags=[{"Key": CLUSTER_TAG, "Value": self.names.cluster}],
        )
        return made["LoadBalancers"][0]["DNSName"]

    def delete(self) -> None:
        """Delete it if it is there."""
        if balancer := self._find():
            self.session.client("elbv2").delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])

    def _find(self) -> "LoadBalancerTypeDef | None":
        balancers = self.session.client("elbv2").describe_load_balancers()["LoadBalancers"]
        return next((one for one in balancers if one["LoadBalancerName"] == self.names.load_balancer), None)
