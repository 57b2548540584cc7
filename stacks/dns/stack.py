"""The dns stack: zone and certificate (step 1), then validation and the address of the dashboard (step 2).

The config's `certificate` decides the step. Without it, step 1 makes the zone, requests the certificate, and prints the
zone's four name servers. The registrar of the domain must name them before step 2. Step 2 waits until AWS has seen the
validation record; without the registrar's change it would wait for 75 minutes and fail. With `certificate`, step 2
waits for the validation, and points the host at the load balancer, which must exist by then. Deploy the workloads stack
again after that: it takes the certificate from here. With `hosted_zone_id`, there is no zone to make, and no delegation
to wait for.
"""

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import (
    AcmCertificateValidation,
    AcmCertificateValidationTimeouts,
)
from cdktf_cdktf_provider_aws.data_aws_lb import DataAwsLb
from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from cdktf_cdktf_provider_aws.route53_zone import Route53Zone
from constructs import Construct

from stacks.config.model import PipelineConfig
from stacks.dns.outputs import DnsOutputs
from stacks.engine.outputs import publish
from stacks.engine.stack import PipelineStack
from stacks.naming import StackId


class DnsStack(PipelineStack):
    """Raises: ValueError if the config has no domain."""

    def __init__(self, scope: Construct, config: PipelineConfig) -> None:
        super().__init__(scope, StackId.DNS, config)
        host = self.names.host
        if config.domain is None or host is None:
            raise ValueError("the dns stack needs `domain` in the config, for example domain = 'example.com'")
        zone = self._zone(config.domain)
        certificate = AcmCertificate(
            self,
            "certificate",
            domain_name=host,
            validation_method="DNS",
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        certificate.override_logical_id("certificate")
        # One name has one validation record.
        option = certificate.domain_validation_options.get(0)
        record = Route53Record(
            self,
            "validation-record",
            zone_id=zone.zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=300,
            allow_overwrite=True,
        )
        certificate_arn = self._serve(host, zone, certificate, record) if config.certificate else certificate.arn
        publish(
            self,
            DnsOutputs(
                name_servers=zone.name_servers,
                zone_id=zone.zone_id,
                certificate_arn=certificate_arn,
                dashboard_url=f"https://{host}",
            ),
        )

    def _zone(self, domain: str) -> Route53Zone | DataAwsRoute53Zone:
        """Make the domain's zone, or read the existing one of the config."""
        if self.config.hosted_zone_id:
            return DataAwsRoute53Zone(self, "existing-zone", zone_id=self.config.hosted_zone_id)
        # The registrar knows the zone by its name servers, and another zone has others: the id must not change.
        zone = Route53Zone(self, "zone", name=domain, comment=f"{self.config.name}, by Terraform")
        zone.override_logical_id("zone")
        return zone

    def _serve(
        self, host: str, zone: Route53Zone | DataAwsRoute53Zone, certificate: AcmCertificate, record: Route53Record
    ) -> str:
        """Build step 2, and return the ARN of the certificate once it is valid."""
        valid = AcmCertificateValidation(
            self,
            "certificate-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            timeouts=AcmCertificateValidationTimeouts(create="30m"),
        )
        balancer = DataAwsLb(self, "load-balancer", name=self.names.load_balancer)
        Route53Record(
            self,
            "dashboard-record",
            zone_id=zone.zone_id,
            name=host,
            type="A",
            alias=Route53RecordAlias(name=balancer.dns_name, zone_id=balancer.zone_id, evaluate_target_health=True),
        )
        return valid.certificate_arn
