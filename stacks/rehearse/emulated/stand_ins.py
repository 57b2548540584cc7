"""Stand-ins in the emulated AWS for what a rehearsal does not have: images, and the controller's load balancer."""

import json
from typing import TYPE_CHECKING

from stacks.naming import CLUSTER_TAG, SERVICES, Names

if TYPE_CHECKING:
    from boto3 import Session


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


def make_load_balancer(session: "Session", names: Names, subnets: list[str]) -> str:
    """Make the load balancer that the controller makes for the Ingress, and return its host name."""
    elb = session.client("elbv2")
    made = elb.create_load_balancer(
        Name=names.load_balancer,
        Subnets=subnets,
        Type="application",
        Tags=[{"Key": CLUSTER_TAG, "Value": names.cluster}],
    )
    return made["LoadBalancers"][0]["DNSName"]


def delete_load_balancer(session: "Session", names: Names) -> None:
    elb = session.client("elbv2")
    for balancer in elb.describe_load_balancers(Names=[names.load_balancer])["LoadBalancers"]:
        elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
