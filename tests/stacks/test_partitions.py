"""AWS GovCloud and AWS China: partition and host names follow from the region, in every stack."""

import re
from pathlib import Path
from typing import Any

import pytest

from stacks.config.load import ConfigError, validate_config
from stacks.config.partitions import dns_suffix_of, partition_of
from stacks.cost.prices import load_prices
from stacks.cost.report import format_report
from stacks.naming import Names
from tests.support.bench import config
from tests.support.synthesis import MINIMAL, WITH_DOMAIN, Config, Synthesized, synthesize

STACKS = Path(__file__).parents[2] / "stacks"

CHINA: Config = {**WITH_DOMAIN, "region": "cn-northwest-1"}
GOVERNMENT: Config = {**WITH_DOMAIN, "region": "us-gov-east-1"}

_HOST = re.compile(r"([a-z0-9.*-]+)\.amazonaws\.com(\.cn)?")


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("us-east-1", "aws", "amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
    ],
)
def test_partition_and_suffix_follow_from_the_region(region: str, partition: str, suffix: str) -> None:
    assert (partition_of(region), dns_suffix_of(region)) == (partition, suffix)


def test_no_source_names_the_commercial_partition() -> None:
    lines = [
        f"{file.relative_to(STACKS)}:{number}"
        for file in sorted(STACKS.rglob("*"))
        if file.suffix in {".py", ".yaml", ".toml", ".cjs", ".json"} and "node_modules" not in file.parts
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        # Examples of values for the reference page may.
        if "arn:aws:" in line and not line.strip().startswith("examples=")
    ]
    assert lines == []


@pytest.fixture(scope="module", params=[CHINA, GOVERNMENT], ids=["china", "government"])
def elsewhere(request: pytest.FixtureRequest) -> tuple[Config, dict[str, Synthesized]]:
    return request.param, synthesize(request.param)


def test_every_arn_is_of_the_partition(elsewhere: tuple[Config, dict[str, Synthesized]]) -> None:
    values, synthesized = elsewhere
    for stack in synthesized.values():
        found = set(re.findall(r"\barn:([a-z-]+):", stack.text))
        assert found <= {partition_of(values["region"])}, stack.stack


def test_every_regional_host_has_the_suffix(elsewhere: tuple[Config, dict[str, Synthesized]]) -> None:
    values, synthesized = elsewhere
    china = values["region"].startswith("cn-")
    hosts = [match for stack in synthesized.values() for match in _HOST.findall(stack.text)]
    regional = [(host, suffix) for host, suffix in hosts if values["region"] in host]
    assert {host.partition(".")[0] for host, _ in regional} >= {"sqs", "123456789012", "oidc"}
    assert {suffix for _, suffix in regional} == {".cn" if china else ""}
    # Names of services and audiences end the same in every partition.
    assert {suffix for host, suffix in hosts if values["region"] not in host} == {""}


def test_hosts_in_china() -> None:
    names = Names(config(region="cn-north-1"))
    assert names.image("api").startswith("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/")
    assert names.queue_url.startswith("https://sqs.cn-north-1.amazonaws.com.cn/")
    assert names.origins[-1] == "http://thumbnails-*.cn-north-1.elb.amazonaws.com.cn"


@pytest.mark.parametrize(
    "section",
    [
        {"iam": {"permissions_boundary_arn": "arn:aws:iam::123456789012:policy/organisation"}},
        {"cluster": {"admin_principal_arns": ["arn:aws:iam::123456789012:role/platform"]}},
        {"load_balancer": {"web_acl_arn": "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/dashboards/1a"}},
    ],
)
def test_an_arn_of_another_partition_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="ARNs in cn-north-1 begin with arn:aws-cn:"):
        validate_config({**MINIMAL, "region": "cn-north-1", **section}, source="pipeline.toml")


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_cost_reports_missing_prices_of_a_partition(region: str) -> None:
    report = format_report(config(region=region), load_prices(), videos=1000, video_mb=100)
    assert f"There are no prices of {region} here" in report
    assert "mostly higher" not in report
