"""The zone of the dashboard: the dns stack's own, by its output, or an existing one, which is checked first."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.existing.zone import check_zone
from stacks.deploy.instance import Instance
from stacks.deploy.progress import check_delegation, is_delegated, zone_name_servers
from stacks.deploy.stages import DNS_1, DNS_2, EXISTING, Need
from tests.support.bench import config, store_state

MakeInstance = Callable[..., Instance]

SERVERS = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"]


def _zone(session: boto3.Session, name: str, **arguments: Any) -> str:
    made = session.client("route53").create_hosted_zone(Name=name, CallerReference=name, **arguments)
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/")


def test_name_servers_come_from_our_zone_not_namesakes(session: boto3.Session, make_instance: MakeInstance) -> None:
    _zone(session, "example.com.")
    instance = make_instance(domain="example.com")
    store_state(session, "core")
    assert zone_name_servers(instance) == []
    store_state(session, "dns", name_servers=SERVERS)
    assert zone_name_servers(instance) == SERVERS


@pytest.mark.parametrize("name", ["example.com", "media.example.com", "videos.media.example.com"])
def test_an_existing_zone_that_holds_the_host_passes(session: boto3.Session, name: str) -> None:
    values = {"domain": "media.example.com", "subdomain": "videos", "hosted_zone_id": _zone(session, name)}
    check_zone(session, config(**values))


@pytest.mark.parametrize("name", ["example.org", "ample.com", "other.example.com"])
def test_a_zone_of_another_name_is_refused(session: boto3.Session, name: str) -> None:
    zone_id = _zone(session, name)
    with pytest.raises(PrerequisiteError, match=rf"{zone_id} is {name}, which cannot hold thumbnail\.example\.com"):
        check_zone(session, config(domain="example.com", hosted_zone_id=zone_id))


def test_a_zone_that_is_not_there_is_named(session: boto3.Session) -> None:
    with pytest.raises(PrerequisiteError, match="has no hosted zone Z0123456789ABCDEFGHIJ: fix hosted_zone_id"):
        check_zone(session, config(domain="example.com", hosted_zone_id="Z0123456789ABCDEFGHIJ"))


def test_a_private_zone_is_refused(session: boto3.Session) -> None:
    vpc = session.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    where = {"VPCRegion": "ap-southeast-2", "VPCId": vpc}
    zone_id = _zone(session, "example.com", HostedZoneConfig={"Comment": "", "PrivateZone": True}, VPC=where)
    with pytest.raises(PrerequisiteError, match="is private, and ACM validates a certificate in a public one"):
        check_zone(session, config(domain="example.com", hosted_zone_id=zone_id))


def test_no_delegation_of_an_existing_zone_is_waited_for(make_instance: MakeInstance) -> None:
    instance = make_instance(domain="example.com", hosted_zone_id="Z0123456789ABCDEFGHIJ")
    assert is_delegated(instance)
    check_delegation(instance)
    assert Need.ZONE in DNS_1.needs
    assert Need.ZONE in DNS_2.needs
    assert Need.ZONE in EXISTING
