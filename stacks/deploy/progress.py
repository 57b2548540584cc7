"""The progress of an instance, read from AWS and the DNS; it decides what comes next."""

import json
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.resolver
from botocore.exceptions import ClientError

from stacks.deploy.account import error_code, missing_images
from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.instance import Instance
from stacks.naming import StackId


@dataclass(frozen=True, kw_only=True)
class InstanceProgress:
    missing_images: tuple[str, ...] = ()
    delegated: bool = False
    """True if public name servers refer to those of the zone."""
    certificate_issued: bool = False


def read_progress(instance: Instance) -> InstanceProgress:
    with_domain = instance.config.domain is not None
    return InstanceProgress(
        missing_images=tuple(missing_images(instance.session, instance.config)),
        delegated=with_domain and is_delegated(instance),
        certificate_issued=with_domain and has_certificate(instance),
    )


def read_state(instance: Instance, stack: str) -> dict[str, Any]:
    """Return Terraform's state of a stack; an empty one if the stack was never deployed."""
    s3 = instance.session.client("s3")
    try:
        answer = s3.get_object(Bucket=instance.names.state_bucket, Key=instance.names.state_key(stack))
    except ClientError as error:
        if error_code(error) in ("NoSuchKey", "NoSuchBucket"):
            return {}
        raise
    state: dict[str, Any] = json.loads(answer["Body"].read())
    return state


def zone_name_servers(instance: Instance) -> list[str]:
    """Return the four name servers of the dns stack's zone, from its output; none while it is not deployed.

    Not by the domain's name: an account can have several zones of one name.
    """
    output = read_state(instance, StackId.DNS).get("outputs", {}).get("name_servers", {"value": []})
    return sorted(output["value"])


def public_name_servers(domain: str) -> list[str]:
    """Return the name servers of a domain in the public DNS; none if it is not delegated."""
    try:
        answer = dns.resolver.resolve(f"{domain}.", "NS")
    except dns.exception.DNSException:
        return []
    return sorted(str(record.target).rstrip(".").lower() for record in answer)


def is_delegated(instance: Instance) -> bool:
    """Return whether the public DNS leads to the zone; an existing zone is taken to be delegated."""
    if instance.config.hosted_zone_id:
        return True
    wanted = zone_name_servers(instance)
    return bool(wanted) and set(wanted) == set(public_name_servers(str(instance.config.domain)))


def has_certificate(instance: Instance) -> bool:
    """Return whether ACM has issued the certificate of the dns stack, from its output.

    Not by the host's name: an account can have several certificates of one name.
    """
    arn = read_state(instance, StackId.DNS).get("outputs", {}).get("certificate_arn", {}).get("value")
    if not arn:
        return False
    acm = instance.session.client("acm")
    try:
        found = acm.describe_certificate(CertificateArn=arn)
    except acm.exceptions.ResourceNotFoundException:
        return False
    return found["Certificate"].get("Status") == "ISSUED"


def load_balancer_host(instance: Instance) -> str | None:
    """Return the host name that AWS has given the load balancer; None while there is none."""
    try:
        found = instance.session.client("elbv2").describe_load_balancers(Names=[instance.names.load_balancer])
    except ClientError as error:
        if error_code(error) == "LoadBalancerNotFound":
            return None
        raise
    return next((balancer["DNSName"] for balancer in found["LoadBalancers"]), None)


def has_load_balancer(instance: Instance) -> bool:
    return load_balancer_host(instance) is not None


def dashboard_url(instance: Instance, *, over_https: bool) -> str | None:
    """Return the address of the dashboard; None if it is over HTTP and there is no load balancer."""
    if over_https:
        return f"https://{instance.names.host}"
    host = load_balancer_host(instance)
    return f"http://{host}" if host else None


def has_cluster(instance: Instance) -> bool:
    eks = instance.session.client("eks")
    try:
        eks.describe_cluster(name=instance.names.cluster)
    except eks.exceptions.ResourceNotFoundException:
        return False
    return True


def check_cluster(instance: Instance) -> None:
    """Raise PrerequisiteError if core is not deployed."""
    if not has_cluster(instance):
        raise PrerequisiteError(
            f"The cluster {instance.names.cluster} does not exist in {instance.config.region}: "
            "run `./noxw deploy core` first."
        )


def check_access(instance: Instance) -> None:
    """Raise PrerequisiteError if the cluster does not admit the caller.

    The cluster's access entries decide; while there is no cluster, the config does. Whoever may not list the entries
    passes, and hears it from the cluster.
    """
    caller = _principal_of(instance.session.client("sts").get_caller_identity()["Arn"])
    configured = [instance.names.role_arn("deploy"), *instance.config.cluster.admin_principal_arns]
    eks = instance.session.client("eks")
    try:
        pages = eks.get_paginator("list_access_entries").paginate(clusterName=instance.names.cluster)
        admitted = [arn for page in pages for arn in page["accessEntries"]]
    except eks.exceptions.ResourceNotFoundException:
        admitted = configured
    except ClientError:
        return
    if caller in map(_principal_of, admitted):
        return
    add = "" if caller in map(_principal_of, configured) else "add it to cluster.admin_principal_arns and "
    raise PrerequisiteError(
        f"The cluster {instance.names.cluster} does not admit {':'.join(caller)} of your credentials, and its creator "
        f"has no rights by itself: {add}run `./noxw deploy core`, or use the role {instance.names.of('deploy')}."
    )


def _principal_of(arn: str) -> tuple[str, str]:
    """Return kind and name of the IAM principal: the session of a role has neither its path nor its ARN.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    kind, *path = arn.split(":", 5)[5].split("/")
    if kind == "assumed-role":
        return "role", path[0]
    return kind, path[-1] if path else ""


def check_load_balancer(instance: Instance) -> None:
    """Raise PrerequisiteError if there is no load balancer."""
    if not has_load_balancer(instance):
        raise PrerequisiteError(
            f"The load balancer {instance.names.load_balancer} does not exist: run `./noxw deploy workloads` "
            "first, and give its controller some minutes."
        )


def check_certificate(instance: Instance) -> None:
    """Raise PrerequisiteError if the config wants HTTPS and the certificate has not been issued."""
    if instance.config.certificate and not has_certificate(instance):
        raise PrerequisiteError(
            f"{instance.config_file} says certificate = true, but ACM has issued none for {instance.names.host}: run "
            "`./noxw deploy dns --step 2` first, or set certificate = false."
        )


def check_delegation(instance: Instance) -> None:
    """Raise PrerequisiteError if the domain is not delegated to the zone that the dns stack has made."""
    if instance.config.hosted_zone_id:
        return
    domain = str(instance.config.domain)
    wanted = zone_name_servers(instance)
    if not wanted:
        raise PrerequisiteError(
            f"The dns stack has made no zone for {domain} yet: run `./noxw deploy dns --step 1` first."
        )
    found = public_name_servers(domain)
    if set(found) != set(wanted):
        raise PrerequisiteError(
            f"{domain} is not delegated yet: its registrar must name {', '.join(wanted)}, and public DNS shows "
            f"{', '.join(found) or 'none'}. It can take hours after the change."
        )
