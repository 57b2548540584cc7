"""Outputs of the dns stack."""

from dataclasses import dataclass

from stacks.engine.outputs import output


@dataclass(frozen=True, kw_only=True)
class DnsOutputs:
    name_servers: list[str] = output("The zone's four name servers, for the domain's registrar.")
    zone_id: str = output("Hosted zone of the domain.")
    certificate_arn: str = output("Certificate of the dashboard; validated once step 2 is through.")
    dashboard_url: str = output("Address of the dashboard, once step 2 is through.")
