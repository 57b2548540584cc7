"""An existing hosted zone of Route 53."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from stacks.config.model import PipelineConfig
from stacks.deploy.errors import PrerequisiteError
from stacks.naming import Names

if TYPE_CHECKING:
    from boto3 import Session


def check_zone(session: "Session", config: PipelineConfig) -> None:
    """Raise PrerequisiteError if `hosted_zone_id` is no public zone that can hold the dashboard's name."""
    zone_id, host = config.hosted_zone_id, Names(config).host
    if zone_id is None:
        return
    route53 = session.client("route53")
    try:
        zone = route53.get_hosted_zone(Id=zone_id)["HostedZone"]
    except route53.exceptions.NoSuchHostedZone:
        raise PrerequisiteError(
            f"Account {config.account_id} has no hosted zone {zone_id}: fix hosted_zone_id, or remove it and the dns "
            f"stack makes a zone for {config.domain}."
        ) from None
    except (ClientError, BotoCoreError) as error:
        raise PrerequisiteError(f"The hosted zone {zone_id} could not be looked up: {error}.") from None
    name = zone["Name"].rstrip(".")
    if zone.get("Config", {}).get("PrivateZone"):
        raise PrerequisiteError(
            f"The hosted zone {zone_id} ({name}) is private, and ACM validates a certificate in a public one: set "
            "hosted_zone_id to a public zone."
        )
    if not f".{host}".endswith(f".{name}"):
        raise PrerequisiteError(
            f"The hosted zone {zone_id} is {name}, which cannot hold {host}: set domain = {name!r}, or hosted_zone_id "
            f"to the zone of {config.domain}."
        )
