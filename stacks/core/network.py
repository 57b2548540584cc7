"""The VPC: subnets in each zone, one NAT gateway, and ways to S3 and DynamoDB that do not pass it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdktf import Fn, Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from stacks.engine.stack import PipelineStack

_ZONES_WITHOUT_EKS = ["use1-az3", "usw1-az2", "cac1-az3"]
"""https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html#network-requirements-subnets"""

_ZONES_WITHOUT_FARGATE = ["apne1-az3"]
"""https://docs.aws.amazon.com/eks/latest/userguide/fargate.html"""

_EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class VpcNetwork:
    vpc_id: str
    public: list[str]
    private: list[str]
    ways_out: list[Route]
    """Routes of the private subnets to the internet: a Fargate pod starts when it can fetch its image."""


def make_network(stack: "PipelineStack") -> VpcNetwork:
    """Make the network, or take the existing one that the config names."""
    existing = stack.config.network
    if existing.vpc_id is None:
        return _make_vpc(stack)
    return VpcNetwork(
        vpc_id=existing.vpc_id,
        public=list(existing.public_subnet_ids),
        private=list(existing.private_subnet_ids),
        ways_out=[],
    )


def _make_vpc(stack: "PipelineStack") -> VpcNetwork:
    vpc = Vpc(
        stack,
        "vpc",
        cidr_block=str(stack.config.network.vpc_cidr),
        enable_dns_support=True,
        enable_dns_hostnames=True,
        tags={"Name": stack.config.name},
    )
    # AWS opens it to its own members; nobody is to use it.
    DefaultSecurityGroup(stack, "closed", vpc_id=vpc.id, tags={"Name": stack.names.of("closed")})
    count = stack.config.network.availability_zones
    zones = DataAwsAvailabilityZones(
        stack,
        "zones",
        state="available",
        exclude_zone_ids=[*_ZONES_WITHOUT_EKS, *_ZONES_WITHOUT_FARGATE],
        # Local Zones are opted in to, and have neither EKS nor Fargate.
        filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
        lifecycle=TerraformResourceLifecycle(
            # `element` begins again at the first zone, and two subnets would share one.
            postcondition=[
                Postcondition(
                    condition=f"${{length(self.names) >= {count}}}",
                    error_message=(
                        f"network.availability_zones is {count}, and {stack.config.region} has fewer zones with EKS on "
                        f"Fargate: {'set 2, or ' if count > 2 else ''}choose another region."
                    ),
                )
            ]
        ),
    )
    blocks = _blocks(stack.config.network.vpc_cidr, stack.config.network.subnet_prefix, 2 * count)
    public = [
        _subnet(stack, f"public-{zone + 1}", vpc, zones, zone, block=blocks[zone], role="elb") for zone in range(count)
    ]
    private = [
        _subnet(stack, f"private-{zone + 1}", vpc, zones, zone, block=blocks[count + zone], role="internal-elb")
        for zone in range(count)
    ]
    internet = InternetGateway(stack, "internet", vpc_id=vpc.id, tags={"Name": stack.config.name})
    public_routes = _route_table(stack, "public", vpc, public)
    Route(
        stack,
        "public-internet",
        route_table_id=public_routes.id,
        destination_cidr_block=_EVERYWHERE,
        gateway_id=internet.id,
    )
    # One for all zones: an outage of its zone stops the pipeline, a second would cost some 33 dollars a month.
    address = Eip(stack, "nat-address", domain="vpc", tags={"Name": stack.names.of("nat")}, depends_on=[internet])
    nat = NatGateway(
        stack,
        "nat",
        allocation_id=address.id,
        subnet_id=public[0].id,
        tags={"Name": stack.config.name},
        depends_on=[internet],
    )
    private_routes = _route_table(stack, "private", vpc, private)
    way_out = Route(
        stack,
        "private-internet",
        route_table_id=private_routes.id,
        destination_cidr_block=_EVERYWHERE,
        nat_gateway_id=nat.id,
    )
    # Videos would cost 4.5 cents a gigabyte through the NAT gateway; these are free. ECR's layers come by S3's.
    for service in ("s3", "dynamodb"):
        VpcEndpoint(
            stack,
            service,
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{stack.config.region}.{service}",
            vpc_endpoint_type="Gateway",
            route_table_ids=[private_routes.id],
            tags={"Name": stack.names.of(service)},
        )
    return VpcNetwork(
        vpc_id=vpc.id,
        public=[subnet.id for subnet in public],
        private=[subnet.id for subnet in private],
        ways_out=[way_out],
    )


def _blocks(network: "IPv4Network", prefix: int, count: int) -> list[str]:
    subnets = network.subnets(new_prefix=prefix)
    return [str(next(subnets)) for _ in range(count)]


def _subnet(  # noqa: PLR0913 - what a subnet is made of
    stack: "PipelineStack",
    name: str,
    vpc: Vpc,
    zones: DataAwsAvailabilityZones,
    zone: int,
    *,
    block: str,
    role: str,
) -> Subnet:
    """Make a subnet. The load balancer controller finds it by `role`: elb if public, internal-elb if private."""
    return Subnet(
        stack,
        name,
        vpc_id=vpc.id,
        cidr_block=block,
        availability_zone=Fn.element(zones.names, zone),
        tags={"Name": stack.names.of(name), f"kubernetes.io/role/{role}": "1"},
        # A zone that AWS opens later must not move the subnets that stand.
        lifecycle=TerraformResourceLifecycle(ignore_changes=["availability_zone"]),
    )


def _route_table(stack: "PipelineStack", name: str, vpc: Vpc, subnets: list[Subnet]) -> RouteTable:
    table = RouteTable(stack, name, vpc_id=vpc.id, tags={"Name": stack.names.of(name)})
    for subnet in subnets:
        RouteTableAssociation(stack, f"{subnet.node.id}-routes", route_table_id=table.id, subnet_id=subnet.id)
    return table
