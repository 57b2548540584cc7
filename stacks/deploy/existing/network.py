"""An existing VPC and its subnets."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from stacks.config.model import PipelineConfig
from stacks.config.sections import MIN_ZONES
from stacks.deploy.errors import PrerequisiteError

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import RouteTableTypeDef, SubnetTypeDef

_EVERYWHERE = "0.0.0.0/0"


def check_network(session: "Session", config: PipelineConfig) -> None:
    """Compare the config's VPC and subnets with the account; there is nothing to compare without `network.vpc_id`.

    Raises:
        PrerequisiteError: naming everything that does not fit.
    """
    if config.network.vpc_id is None:
        return
    try:
        problems = list(_problems(session.client("ec2"), config, config.network.vpc_id))
    except (ClientError, BotoCoreError) as error:
        raise PrerequisiteError(f"The VPC {config.network.vpc_id} could not be looked up: {error}.") from None
    if problems:
        raise PrerequisiteError(f"[network] of the config does not fit the account: {'; '.join(problems)}.")


def _problems(ec2: "EC2Client", config: PipelineConfig, vpc_id: str) -> Iterator[str]:
    if not ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Vpcs"]:
        yield f"{config.region} has no VPC {vpc_id}: fix vpc_id"
        return
    yield from _name_problems(ec2, vpc_id)
    yield from _subnet_problems(ec2, config, vpc_id)


def _subnet_problems(ec2: "EC2Client", config: PipelineConfig, vpc_id: str) -> Iterator[str]:
    asked = (*config.network.private_subnet_ids, *config.network.public_subnet_ids)
    listed = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": list(asked)}])["Subnets"]
    found = {subnet["SubnetId"]: subnet for subnet in listed}
    foreign = [subnet for subnet in listed if subnet["VpcId"] != vpc_id]
    yield from (f"{config.region} has no subnet {subnet_id}" for subnet_id in asked if subnet_id not in found)
    yield from (f"{subnet['SubnetId']} is in the VPC {subnet['VpcId']}, not in {vpc_id}" for subnet in foreign)
    if foreign or len(found) < len(asked):
        return
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["RouteTables"]
    private = [found[subnet_id] for subnet_id in config.network.private_subnet_ids]
    public = [found[subnet_id] for subnet_id in config.network.public_subnet_ids]
    yield from _zone_problems(private)
    yield from _address_problems(private, config.max_pods)
    yield from _private_route_problems(private, tables)
    if config.load_balancer.scheme == "internet-facing":
        yield from _public_route_problems(public, tables)
        yield from _balancer_problems(public)
    else:
        yield from _balancer_problems(private)


def _name_problems(ec2: "EC2Client", vpc_id: str) -> Iterator[str]:
    """Yield the DNS settings that are off. EKS needs both, as its nodes find the cluster by a private name."""
    support = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport")["EnableDnsSupport"]
    names = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]
    off = [
        option
        for option, setting in (("--enable-dns-support", support), ("--enable-dns-hostnames", names))
        if not setting.get("Value")
    ]
    for option in off:
        yield f"EKS needs DNS in {vpc_id}: run `aws ec2 modify-vpc-attribute --vpc-id {vpc_id} {option}`"


def _zone_problems(private: "list[SubnetTypeDef]") -> Iterator[str]:
    zones = sorted({subnet["AvailabilityZone"] for subnet in private})
    if len(zones) < MIN_ZONES:
        yield f"all private subnets are in {', '.join(zones)}, and two zones are needed"


def _balancer_problems(subnets: "list[SubnetTypeDef]") -> Iterator[str]:
    """Yield the zones with more than one subnet for the load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """
    for zone, count in Counter(subnet["AvailabilityZone"] for subnet in subnets).items():
        if count > 1:
            yield f"{count} subnets of the load balancer are in {zone}, and it takes one a zone"


def _private_route_problems(private: "list[SubnetTypeDef]", tables: "list[RouteTableTypeDef]") -> Iterator[str]:
    for subnet in private:
        gateway = _gateway(subnet["SubnetId"], tables)
        if gateway is None:
            yield f"{subnet['SubnetId']} has no route to {_EVERYWHERE}, and pods fetch their images by it"
        elif gateway.startswith("igw-"):
            yield f"{subnet['SubnetId']} leads to the internet gateway {gateway}: Fargate takes private subnets only"


def _public_route_problems(public: "list[SubnetTypeDef]", tables: "list[RouteTableTypeDef]") -> Iterator[str]:
    for subnet in public:
        if not (_gateway(subnet["SubnetId"], tables) or "").startswith("igw-"):
            yield f"{subnet['SubnetId']} has no route to an internet gateway, so it is not public"


def _address_problems(private: "list[SubnetTypeDef]", needed: int) -> Iterator[str]:
    free = sum(subnet["AvailableIpAddressCount"] for subnet in private)
    if free < needed:
        yield f"the private subnets have {free} free addresses, and pods can need {needed}"


def _gateway(subnet_id: str, tables: "list[RouteTableTypeDef]") -> str | None:
    """Return the id of the gateway, NAT or other target of a subnet's default route; None without such a route."""
    own = [table for table in tables if any(entry.get("SubnetId") == subnet_id for entry in table["Associations"])]
    main = [table for table in tables if any(entry.get("Main") for entry in table["Associations"])]
    for table in own or main:
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == _EVERYWHERE:
                targets = ("GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId")
                return next((str(route[target]) for target in targets if route.get(target)), "another target")  # type: ignore[literal-required]  # names of a route's targets
    return None
