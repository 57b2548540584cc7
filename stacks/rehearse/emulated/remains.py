"""Resources that an instance has left in AWS, read through the services' own APIs and not through Terraform's state."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stacks.naming import Names

if TYPE_CHECKING:
    from boto3 import Session


def list_remains(session: "Session", names: Names) -> list[str]:
    """Return the resources that carry the instance's name or tag, but for the bucket of Terraform's state."""
    return sorted(
        f"{kind} {name}" for kind, find in _KINDS.items() for name in find(session, names) if name != names.state_bucket
    )


def _pages(session: "Session", service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    client: Any = session.client(service)  # type: ignore[call-overload]  # by a name that is known at run time
    pages = (
        client.get_paginator(operation).paginate(**arguments)
        if client.can_paginate(operation)
        else [getattr(client, operation)(**arguments)]
    )
    for page in pages:
        for part in key.split("."):
            page = page.get(part) or {}  # noqa: PLW2901 - one level deeper
        yield from page


def _named(service: str, operation: str, key: str, name: str | None = None, **arguments: Any) -> Callable[..., Any]:
    """Return a function that lists what has the instance's name in its own; `name` is the field with it."""

    def find(session: "Session", names: Names) -> Iterator[str]:
        for entry in _pages(session, service, operation, key, **arguments):
            text = str(entry[name] if name else entry)
            if names.config.name in text:
                yield text

    return find


def _tagged(operation: str, key: str, name: str) -> Callable[..., Any]:
    """Return a function that lists what EC2 has with the instance's tag."""

    def find(session: "Session", names: Names) -> Iterator[str]:
        filters = [{"Name": "tag:pipeline", "Values": [names.config.name]}]
        for entry in _pages(session, "ec2", operation, key, Filters=filters):
            if entry.get("State") not in ("deleted", "terminated"):
                yield str(entry[name])

    return find


def _zones(session: "Session", names: Names) -> Iterator[str]:
    for zone in _pages(session, "route53", "list_hosted_zones", "HostedZones"):
        if names.config.domain and zone["Name"].rstrip(".") == names.config.domain:
            yield str(zone["Name"])


def _certificates(session: "Session", names: Names) -> Iterator[str]:
    for entry in _pages(session, "acm", "list_certificates", "CertificateSummaryList"):
        if names.host and entry["DomainName"] == names.host:
            yield f"{entry['DomainName']} {entry['CertificateArn']}"


def _keys(session: "Session", names: Names) -> Iterator[str]:
    """Yield keys with the instance's tag that nobody has scheduled for deletion."""
    kms = session.client("kms")
    for entry in _pages(session, "kms", "list_keys", "Keys"):
        key = kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
        if key.get("KeyManager") == "AWS" or key["KeyState"] == "PendingDeletion":
            continue
        tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=entry["KeyId"]).get("Tags", [])}
        if tags.get("pipeline") == names.config.name:
            yield entry["KeyId"]


def _secrets(session: "Session", names: Names) -> Iterator[str]:
    for entry in _pages(session, "secretsmanager", "list_secrets", "SecretList"):
        if names.config.name in entry["Name"] and "DeletedDate" not in entry:
            yield str(entry["Name"])


def _oidc_providers(session: "Session", names: Names) -> Iterator[str]:
    """Yield identity providers with the instance's tag: GitHub's, and the one of the cluster's service accounts."""
    iam = session.client("iam")
    for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        # ministack does not list the tags of a provider alone.
        tags = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=entry["Arn"]).get("Tags", [])
        if {"Key": "pipeline", "Value": names.config.name} in tags:
            yield entry["Arn"]


_KINDS: dict[str, Callable[["Session", Names], Iterator[str]]] = {
    "bucket": _named("s3", "list_buckets", "Buckets", "Name"),
    "queue": _named("sqs", "list_queues", "QueueUrls"),
    "event bus": _named("events", "list_event_buses", "EventBuses", "Name"),
    "table": _named("dynamodb", "list_tables", "TableNames"),
    "cluster": _named("eks", "list_clusters", "clusters"),
    "VPC": _tagged("describe_vpcs", "Vpcs", "VpcId"),
    "subnet": _tagged("describe_subnets", "Subnets", "SubnetId"),
    "address": _tagged("describe_addresses", "Addresses", "AllocationId"),
    "NAT gateway": _tagged("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "internet gateway": _tagged("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "route table": _tagged("describe_route_tables", "RouteTables", "RouteTableId"),
    "VPC endpoint": _tagged("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "load balancer": _named("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    "role": _named("iam", "list_roles", "Roles", "RoleName"),
    "policy": _named("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
    "identity provider": _oidc_providers,
    "zone": _zones,
    "certificate": _certificates,
    "alarm": _named("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "dashboard": _named("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "topic": _named("sns", "list_topics", "Topics", "TopicArn"),
    "key": _keys,
    "key alias": _named("kms", "list_aliases", "Aliases", "AliasName"),
    "secret": _secrets,
    "repository": _named("ecr", "describe_repositories", "repositories", "repositoryName"),
    "log group": _named("logs", "describe_log_groups", "logGroups", "logGroupName"),
}
