"""An existing VPC is compared with the account before a deployment changes anything."""

from typing import Any

import boto3
import pytest

from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.existing.network import check_network
from tests.support.bench import config


class _Vpc:
    """A VPC in moto with a NAT gateway, an internet gateway, and two subnets of each kind in two zones."""

    def __init__(self, session: boto3.Session, block: str = "10.9.0.0/16") -> None:
        self.ec2 = session.client("ec2")
        self._prefix = block.rpartition(".0.0/")[0]
        self.id = self.ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.id, EnableDnsHostnames={"Value": True})
        internet = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=self.id)
        self.public = [self.subnet(1, "a"), self.subnet(2, "b")]
        self.private = [self.subnet(3, "a"), self.subnet(4, "b")]
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=self.public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
        self.route(self.public, GatewayId=internet)
        self.route(self.private, NatGatewayId=nat)

    def subnet(self, number: int, zone: str, *, prefix: int = 24) -> str:
        made = self.ec2.create_subnet(
            VpcId=self.id, CidrBlock=f"{self._prefix}.{number}.0/{prefix}", AvailabilityZone=f"ap-southeast-2{zone}"
        )
        return made["Subnet"]["SubnetId"]

    def route(self, subnets: list[str], **target: Any) -> None:
        table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        if target:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    def section(self, **values: Any) -> dict[str, Any]:
        """Return the section `[network]` that names this VPC."""
        return {
            "vpc_id": self.id,
            "private_subnet_ids": self.private,
            "public_subnet_ids": self.public,
            **values,
        }


@pytest.fixture
def vpc(session: boto3.Session) -> _Vpc:
    return _Vpc(session)


def _refusal(session: boto3.Session, network: dict[str, Any], **values: Any) -> str:
    with pytest.raises(PrerequisiteError) as caught:
        check_network(session, config(network=network, **values))
    return str(caught.value)


def test_an_existing_vpc_that_fits_passes(session: boto3.Session, vpc: _Vpc) -> None:
    check_network(session, config(network=vpc.section()))


def test_a_config_without_a_vpc_asks_nothing(session: boto3.Session) -> None:
    check_network(session, config())


def test_a_vpc_that_is_not_there_is_named(session: boto3.Session, vpc: _Vpc) -> None:
    message = _refusal(session, vpc.section(vpc_id="vpc-0123456789abcdef0"))
    assert "ap-southeast-2 has no VPC vpc-0123456789abcdef0: fix vpc_id" in message


def test_missing_and_foreign_subnets_are_named_at_once(session: boto3.Session, vpc: _Vpc) -> None:
    other = _Vpc(session, "10.8.0.0/16")
    private = [vpc.private[0], other.private[0], "subnet-0123456789abcdef0"]
    message = _refusal(session, vpc.section(private_subnet_ids=private))
    assert message.startswith("[network] of the config does not fit the account: ")
    assert f"{other.private[0]} is in the VPC {other.id}, not in {vpc.id}" in message
    assert "ap-southeast-2 has no subnet subnet-0123456789abcdef0" in message


def test_subnets_in_one_zone_are_refused(session: boto3.Session, vpc: _Vpc) -> None:
    second = vpc.subnet(5, "a")
    vpc.route([second], NatGatewayId="nat-0123456789abcdef0")
    message = _refusal(session, vpc.section(private_subnet_ids=[vpc.private[0], second]))
    assert "all private subnets are in ap-southeast-2a, and two zones are needed" in message


def test_load_balancer_subnets_in_one_zone_are_refused(session: boto3.Session, vpc: _Vpc) -> None:
    private = [*vpc.private, vpc.subnet(5, "a")]
    vpc.route(private[2:], NatGatewayId="nat-0123456789abcdef0")
    check_network(session, config(network=vpc.section(private_subnet_ids=private)))
    message = _refusal(session, vpc.section(private_subnet_ids=private), load_balancer={"scheme": "internal"})
    assert "2 subnets of the load balancer are in ap-southeast-2a, and it takes one a zone" in message


def test_a_private_subnet_that_is_public_is_refused(session: boto3.Session, vpc: _Vpc) -> None:
    swapped = vpc.section(private_subnet_ids=vpc.public, public_subnet_ids=vpc.private)
    message = _refusal(session, swapped)
    assert f"{vpc.public[0]} leads to the internet gateway igw-" in message
    assert f"{vpc.private[0]} has no route to an internet gateway, so it is not public" in message


def test_a_private_subnet_without_a_way_out_is_refused(session: boto3.Session, vpc: _Vpc) -> None:
    closed = vpc.subnet(5, "b")
    message = _refusal(session, vpc.section(private_subnet_ids=[vpc.private[0], closed]))
    assert f"{closed} has no route to 0.0.0.0/0, and pods fetch their images by it" in message


def test_an_internal_load_balancer_needs_no_public_subnets(session: boto3.Session, vpc: _Vpc) -> None:
    internal = {"scheme": "internal"}
    check_network(session, config(network=vpc.section(public_subnet_ids=[]), load_balancer=internal))


def test_too_few_free_addresses_are_refused(session: boto3.Session, vpc: _Vpc) -> None:
    tiny = [vpc.subnet(5, "a", prefix=28), vpc.subnet(6, "b", prefix=28)]
    vpc.route(tiny, NatGatewayId="nat-0123456789abcdef0")
    message = _refusal(session, vpc.section(private_subnet_ids=tiny))
    assert f"the private subnets have 22 free addresses, and pods can need {config().max_pods}" in message


def test_vpc_without_dns_names_gets_a_fix_command(session: boto3.Session, vpc: _Vpc) -> None:
    vpc.ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": False})
    message = _refusal(session, vpc.section())
    assert f"aws ec2 modify-vpc-attribute --vpc-id {vpc.id} --enable-dns-hostnames" in message
