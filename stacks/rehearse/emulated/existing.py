"""Things that the config says are in the account already, made in the emulated AWS before the stacks are deployed.

AWS gives them their ids, so those of the config are replaced by the ones that the emulated AWS has given.
"""

import json
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from itertools import cycle
from typing import TYPE_CHECKING, Any

from stacks.config.model import PipelineConfig
from stacks.naming import GITHUB_ISSUER, STS_AUDIENCE
from stacks.rehearse.emulated.targets import list_target_queues

if TYPE_CHECKING:
    from boto3 import Session

_VPC = ip_network("10.77.0.0/16")
_EVERYWHERE = "0.0.0.0/0"


def make_existing(session: "Session", config: PipelineConfig) -> dict[str, str]:
    """Make everything of the config that no stack makes; return the ids given, by those of the config."""
    ids: dict[str, str] = {}
    if config.network.vpc_id:
        ids |= _make_network(session.client("ec2"), config)
    if config.hosted_zone_id:
        zone = session.client("route53").create_hosted_zone(Name=str(config.domain), CallerReference="rehearsal")
        ids[config.hosted_zone_id] = zone["HostedZone"]["Id"].rpartition("/")[2]
    iam = session.client("iam")
    if config.github.oidc_provider_exists:
        iam.create_open_id_connect_provider(Url=f"https://{GITHUB_ISSUER}", ClientIDList=[STS_AUDIENCE])
    if config.iam.permissions_boundary_arn:
        _, *path, name = config.iam.permissions_boundary_arn.partition(":policy")[2].split("/")
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.create_policy(PolicyName=name, Path="/".join(["", *path, ""]), PolicyDocument=json.dumps(allow))
    if config.auth.oidc:
        arn = config.auth.oidc.client_secret_arn
        # Secrets Manager adds a hyphen and six characters to the name.
        made = session.client("secretsmanager").create_secret(Name=arn.rpartition(":")[2][:-7], SecretString="{}")
        ids[arn] = made["ARN"]
    for arn in config.storage.source_kms_key_arns:
        ids[arn] = session.client("kms").create_key(Description="Videos")["KeyMetadata"]["Arn"]
    _make_buckets(session, config, ids)
    for queue in list_target_queues(config):
        session.client("sqs").create_queue(QueueName=queue)
    return ids


def variables_of(config: PipelineConfig, ids: dict[str, str]) -> dict[str, str]:
    """Return the environment variables that set the config's fields to the given ids."""
    network, storage = config.network, config.storage
    values: dict[str, Any] = {
        "PIPELINE_NETWORK__VPC_ID": network.vpc_id,
        "PIPELINE_NETWORK__PRIVATE_SUBNET_IDS": network.private_subnet_ids,
        "PIPELINE_NETWORK__PUBLIC_SUBNET_IDS": network.public_subnet_ids,
        "PIPELINE_HOSTED_ZONE_ID": config.hosted_zone_id,
        "PIPELINE_STORAGE__SOURCE_KMS_KEY_ARNS": storage.source_kms_key_arns,
        "PIPELINE_AUTH__OIDC__CLIENT_SECRET_ARN": config.auth.oidc.client_secret_arn if config.auth.oidc else None,
    }
    return {
        name: ids[value] if isinstance(value, str) else json.dumps([ids[one] for one in value])
        for name, value in values.items()
        if value
    }


def encrypted_buckets(config: PipelineConfig) -> dict[str, str]:
    """Return the key of each existing bucket that is encrypted with one."""
    return dict(zip(config.storage.source_buckets, cycle(config.storage.source_kms_key_arns), strict=False))


def list_existing(session: "Session") -> set[str]:
    """Return names and ids of everything in the emulated AWS that the config can name."""
    return set(_list_existing(session))


def _list_existing(session: "Session") -> Iterator[str]:
    ec2, iam, kms = session.client("ec2"), session.client("iam"), session.client("kms")
    yield from (f"VPC {one['VpcId']}" for one in ec2.describe_vpcs()["Vpcs"])
    yield from (f"subnet {one['SubnetId']}" for one in ec2.describe_subnets()["Subnets"])
    yield from (f"zone {one['Id']}" for one in session.client("route53").list_hosted_zones()["HostedZones"])
    yield from (one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
    yield from (one["Arn"] for one in iam.list_policies(Scope="Local")["Policies"])
    yield from (one["ARN"] for one in session.client("secretsmanager").list_secrets()["SecretList"])
    yield from (f"bucket {one['Name']}" for one in session.client("s3").list_buckets()["Buckets"])
    yield from (f"queue {url}" for url in session.client("sqs").list_queues().get("QueueUrls", []))
    for entry in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled":
            yield entry["KeyArn"]


def _make_network(ec2: Any, config: PipelineConfig) -> dict[str, str]:
    """Make a VPC whose public subnets lead to an internet gateway, and the private ones to a NAT gateway."""
    vpc = ec2.create_vpc(CidrBlock=str(_VPC))["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    blocks = (str(block) for block in _VPC.subnets(new_prefix=20))
    public = dict(_make_subnets(ec2, config, config.network.public_subnet_ids, vpc=vpc, blocks=blocks))
    private = dict(_make_subnets(ec2, config, config.network.private_subnet_ids, vpc=vpc, blocks=blocks))
    _lead(ec2, vpc, public.values(), GatewayId=internet)
    nat_subnet = next(iter(public.values()), None) or next(iter(private.values()))
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=nat_subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    _lead(ec2, vpc, private.values(), NatGatewayId=nat)
    return {str(config.network.vpc_id): vpc, **public, **private}


def _make_subnets(
    ec2: Any, config: PipelineConfig, asked: Iterable[str], *, vpc: str, blocks: Iterator[str]
) -> Iterator[tuple[str, str]]:
    for zone, subnet_id in zip("abcdef", asked, strict=False):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=next(blocks), AvailabilityZone=f"{config.region}{zone}")
        yield subnet_id, made["Subnet"]["SubnetId"]


def _lead(ec2: Any, vpc: str, subnets: Iterable[str], **target: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=_EVERYWHERE, **target)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def _make_buckets(session: "Session", config: PipelineConfig, ids: dict[str, str]) -> None:
    s3: Any = session.client("s3")
    storage = config.storage
    test_source = [storage.test_source_bucket_name] if storage.test_source_bucket_name else []
    for bucket in (*storage.source_buckets, *test_source):
        # us-east-1 is no location constraint.
        where = {} if config.region == "us-east-1" else {"LocationConstraint": config.region}
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
    for bucket, arn in encrypted_buckets(config).items():
        encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ids[arn]}
        rules = [{"ApplyServerSideEncryptionByDefault": encryption}]
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
