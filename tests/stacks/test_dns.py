"""The dns stack: what stands before the domain is delegated, and what comes after it."""

import pytest

from stacks.config.model import PipelineConfig
from tests.support.synthesis import MINIMAL, WITH_DOMAIN, Synthesized, synthesize

STEP_1 = {**MINIMAL, "domain": "example.com"}


@pytest.fixture(scope="module")
def first() -> Synthesized:
    return synthesize(STEP_1)["dns"]


@pytest.fixture(scope="module")
def second(dns: Synthesized) -> Synthesized:
    return dns


def test_step_1_waits_for_nothing(first: Synthesized) -> None:
    """Check that step 1 validates nothing: the validation needs the delegation that step 1 makes possible."""
    assert not first.resources("aws_acm_certificate_validation")
    assert "data" not in first.document
    assert set(first.resources("aws_route53_record")) == {"validation-record"}


def test_step_1_tells_the_name_servers(first: Synthesized) -> None:
    assert first.document["output"]["name_servers"]["value"] == "${aws_route53_zone.zone.name_servers}"
    [zone] = first.resources("aws_route53_zone").values()
    assert zone["name"] == "example.com"


def test_the_certificate_is_for_the_dashboards_host(first: Synthesized) -> None:
    [certificate] = first.resources("aws_acm_certificate").values()
    assert certificate["domain_name"] == "thumbnail.example.com"
    assert certificate["validation_method"] == "DNS"
    # The load balancer holds the old one until it has the new one.
    assert certificate["lifecycle"]["create_before_destroy"] is True
    option = "${tolist(aws_acm_certificate.certificate.domain_validation_options).0."
    record = first.resources("aws_route53_record")["validation-record"]
    assert record["name"] == f"{option}resource_record_name}}"
    assert record["type"] == f"{option}resource_record_type}}"
    assert record["records"] == [f"{option}resource_record_value}}"]


def test_step_2_adds_to_step_1_and_replaces_nothing(first: Synthesized, second: Synthesized) -> None:
    before, after = first.all_resources(), second.all_resources()
    assert before.items() <= after.items()
    assert set(after) - set(before) == {
        "aws_acm_certificate_validation.certificate-validation",
        "aws_route53_record.dashboard-record",
    }


def test_step_2_points_the_host_at_the_load_balancer(second: Synthesized) -> None:
    record = second.resources("aws_route53_record")["dashboard-record"]
    assert (record["name"], record["type"]) == ("thumbnail.example.com", "A")
    assert record["alias"] == {
        "name": "${data.aws_lb.load-balancer.dns_name}",
        "zone_id": "${data.aws_lb.load-balancer.zone_id}",
        "evaluate_target_health": True,
    }


def test_others_get_the_certificate_once_it_is_valid(first: Synthesized, second: Synthesized) -> None:
    arn = "${aws_acm_certificate_validation.certificate-validation.certificate_arn}"
    assert second.document["output"]["certificate_arn"]["value"] == arn
    assert first.document["output"]["certificate_arn"]["value"] == "${aws_acm_certificate.certificate.arn}"


def test_what_the_registrar_knows_keeps_its_address(first: Synthesized) -> None:
    assert set(first.resources("aws_route53_zone")) == {"zone"}
    assert set(first.resources("aws_acm_certificate")) == {"certificate"}


def test_without_a_domain_there_is_no_such_stack() -> None:
    assert "dns" not in synthesize(MINIMAL)
    assert "dns" in synthesize(WITH_DOMAIN)
    config = PipelineConfig.model_validate(MINIMAL)
    with pytest.raises(ValueError, match="domain"):
        _make(config)


def _make(config: PipelineConfig) -> object:
    from cdktf import App  # noqa: PLC0415 - it starts jsii's node

    from stacks.dns.stack import DnsStack  # noqa: PLC0415 - it starts jsii's node

    return DnsStack(App(), config)
