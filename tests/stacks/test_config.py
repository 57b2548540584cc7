"""The config: five lines suffice, every error is reported at once, and no wrong config reaches a stack."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.contract.version import VERSION
from stacks.config.command import format_effective
from stacks.config.load import ConfigError, load_config, validate_config, value_sources, variable_names
from stacks.config.model import PipelineConfig
from stacks.config.reference import minimal_config, render_page, schema_text
from stacks.config.sections import KUBERNETES_VERSIONS
from stacks.config.versions import KEDA_KUBERNETES_VERSIONS, KEDA_VERSION
from stacks.naming import Names
from tests.support.synthesis import EVERYTHING, MATRIX, MINIMAL, OIDC, WITH_DOMAIN, synthesize

ROOT = Path(__file__).parents[2]


def written(folder: Path, text: str) -> Path:
    file = folder / "pipeline.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as error:
        validate_config(values, source="pipeline.toml")
    return str(error.value)


def test_five_lines_suffice(tmp_path: Path) -> None:
    assert len(minimal_config().splitlines()) == 5
    assert load_config(written(tmp_path, minimal_config()), {}).worker.max_replicas == 10


def test_the_instance_in_this_repository_is_right() -> None:
    assert load_config(ROOT / "pipeline.toml", {}).name == "thumbnails"


def test_what_is_printed_is_the_same_config(tmp_path: Path) -> None:
    config = PipelineConfig.model_validate(EVERYTHING)
    assert load_config(written(tmp_path, format_effective(config)), {}) == config


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    environment = {
        "PIPELINE_WORKER__MAX_REPLICAS": "7",
        "PIPELINE_THUMBNAILS__POSITIONS_PCT": "[1, 2]",
        "PIPELINE_ALERT_EMAIL": "first@example.com",
        "ALERT_EMAIL": "second@example.com",
        "DOMAIN_NAME": "example.org",
        "S3_BUCKET_NAME": "acme-videos",
        "PIPELINE_SUBDOMAIN": "",
        "PIPELINE_WORKSPACE": "/somebody/elses",
    }
    config = load_config(written(tmp_path, minimal_config()), environment)
    assert (config.worker.max_replicas, config.thumbnails.positions_pct) == (7, (1.0, 2.0))
    assert (config.alert_email, config.domain, config.subdomain) == ("first@example.com", "example.org", "thumbnail")
    assert config.storage.bucket_name == "acme-videos"


def test_wrong_variables_are_named(tmp_path: Path) -> None:
    environment = {"PIPELINE_REGOIN": "x", "PIPELINE_THUMBNAILS__POSITIONS_PCT": "1,2"}
    with pytest.raises(ConfigError, match=r"(?s)PIPELINE_REGOIN.*PIPELINE_REGION.*POSITIONS_PCT.*JSON"):
        load_config(written(tmp_path, minimal_config()), environment)


@pytest.mark.parametrize(("text", "message"), [("name = ", "is not TOML"), (None, "cannot be read")])
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "pipeline.toml" if text is None else written(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        load_config(file, {})


def test_all_errors_come_at_once_with_examples() -> None:
    message = refusal(
        {
            **{name: value for name, value in MINIMAL.items() if name != "repository"},
            "name": "X",
            "account_id": 123456789012,
            "certificate": True,
            "colour": "red",
            "processing": {"deadline_s": 100},
            "worker": {"cpu_millis": 1000, "memory_mib": 2048},
            "auth": {"mode": "oidc"},
        }
    )
    fields = ["name", "account_id", "repository", "certificate", "processing.visibility_timeout_s", "worker.memory_mib"]
    for field in [*fields, "auth.mode", "colour"]:
        assert f"\n  {field} = " in message
    assert "account_id = 123456789012\n    rule:    twelve digits, in quotes" in message
    assert 'example: repository = "acme/thumbnails"' in message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "kube-system"}, "name"),
        ({"name": "internal-thumbs"}, "name"),
        ({"name": "eks-thumbs"}, "name"),
        ({"name": "a" * 21}, "name"),
        ({"region": "nowhere"}, "region"),
        ({"image_tag": "latest"}, "image_tag"),
        ({"certificate": True}, "certificate"),
        ({"tags": {"Team": "a", "team": "b"}}, "tags"),
        ({"tags": {"aws:x": "a"}}, "tags"),
        ({"state_bucket": "xn--state"}, "state_bucket"),
        ({"cluster": {"kubernetes_version": "1.34"}}, "cluster.kubernetes_version"),
        ({"cluster": {"log_retention_days": 31}}, "cluster.log_retention_days"),
        ({"network": {"vpc_cidr": "10.0.0.0/24"}}, "network.vpc_cidr"),
        ({"network": {"vpc_cidr": "10.0.0.0/8"}}, "network.vpc_cidr"),
        ({"network": {"subnet_prefix": 27}, "worker": {"max_replicas": 100}}, "network.subnet_prefix"),
        ({"storage": {"bucket_name": "same", "test_source_bucket_name": "same"}}, "storage.test_source_bucket_name"),
        ({"storage": {"upload_origins": ["https://*.example.com"]}}, "storage.upload_origins"),
        ({"thumbnails": {"positions_pct": [0, 50]}}, "thumbnails.positions_pct"),
        ({"thumbnails": {"positions_pct": [50, 100]}}, "thumbnails.positions_pct"),
        ({"thumbnails": {"storyboard_preset": "tv", "storyboard_columns": 18}}, "thumbnails.storyboard_columns"),
        ({"thumbnails": {"storyboard_formats": ["smooth"]}}, "thumbnails.storyboard_formats"),
        ({"processing": {"visibility_timeout_s": 359}}, "processing.visibility_timeout_s"),
        ({"worker": {"memory_mib": 2048}}, "worker.memory_mib"),
        ({"worker": {"cpu_millis": 300}}, "worker.cpu_millis"),
        ({"api": {"min_replicas": 4}}, "api.min_replicas"),
        ({"auth": {"mode": "oidc"}}, "auth.mode"),
        ({"auth": OIDC["auth"]}, "auth.mode"),
        ({"auth": {"mode": "token", "oidc": OIDC["auth"]["oidc"]}}, "auth.mode"),
        ({"load_balancer": {"inbound_cidrs": []}}, "load_balancer.inbound_cidrs"),
        ({"events": {"event_bus": True}}, "events.event_bus"),
    ],
)
def test_a_broken_rule_names_its_field(change: dict[str, Any], field: str) -> None:
    message = refusal({**MINIMAL, **change})
    assert f"\n  {field} = " in message
    assert "1 value to fix" in message


@pytest.mark.parametrize("version", ["1.33", "1.34", "1.37"])
def test_unsupported_kubernetes_version_is_refused(version: str) -> None:
    message = refusal({**MINIMAL, "cluster": {"kubernetes_version": version}})
    assert f'\n  cluster.kubernetes_version = "{version}"\n    rule:    one of 1.35, 1.36: ' in message
    assert f"KEDA {KEDA_VERSION} supports 1.34 to 1.36" in message
    assert 'example: kubernetes_version = "1.36"' in message


def test_keda_supports_every_offered_kubernetes_version() -> None:
    assert set(KUBERNETES_VERSIONS) <= set(KEDA_KUBERNETES_VERSIONS)
    assert PipelineConfig.model_validate(MINIMAL).cluster.kubernetes_version in KUBERNETES_VERSIONS


def test_keda_version_has_no_known_critical_vulnerability() -> None:
    """Refuse versions before 2.21.0, which all have CVE-2026-77524."""
    assert tuple(map(int, KEDA_VERSION.split("."))) >= (2, 21, 0)


def test_rule_skips_values_that_are_wrong_themselves() -> None:
    message = refusal({**MINIMAL, "processing": {"visibility_timeout_s": "soon", "deadline_s": 3000}})
    assert "1 value to fix" in message


def test_names_fit_where_they_are_used() -> None:
    names = Names(PipelineConfig.model_validate({**MINIMAL, "name": "a" * 20, "region": "us-iso-central-1"}))
    assert len(names.load_balancer) <= 32
    assert max(len(names.of(part)) for part in ("load-balancer-controller", "keda-operator", "frontend")) <= 63
    assert max(len(bucket) for bucket in (names.resources.test_source_bucket, names.state_bucket)) <= 63


def test_generated_files_are_fresh() -> None:
    remedy = "stale: run ./noxw config"
    assert (ROOT / "pipeline.schema.json").read_text(encoding="utf-8") == schema_text(), remedy
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == render_page(), remedy


def test_every_field_is_described_and_has_a_variable() -> None:
    described = json.loads(schema_text())
    for section in [described, *described["$defs"].values()]:
        for name, field in section.get("properties", {}).items():
            assert field.get("description"), name
    assert {"PIPELINE_NAME", "PIPELINE_WORKER", "PIPELINE_WORKER__CPU_MILLIS", "PIPELINE_AUTH__OIDC__ISSUER"} <= (
        variable_names()
    )


def test_the_default_image_tag_is_the_projects_version() -> None:
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MATRIX)
def test_the_matrix_synthesizes(name: str) -> None:
    config = MATRIX[name]
    expected = {"bootstrap", "core", "workloads", "monitoring"} | ({"dns"} if "domain" in config else set())
    assert synthesize(config).keys() == expected


def test_two_instances_share_no_name() -> None:
    pairs = zip(*(_names_of({**WITH_DOMAIN, "name": name}) for name in ("first", "other")), strict=True)
    assert all(one != other for one, other in pairs)


def _names_of(config: dict[str, Any]) -> list[str]:
    """Return the names that must be unique in one account."""
    arguments = {"aws_iam_role": "name", "aws_iam_policy": "name", "aws_sqs_queue": "name", "aws_s3_bucket": "bucket"}
    arguments |= {"aws_dynamodb_table": "name", "aws_eks_cluster": "name", "aws_ecr_repository": "name"}
    arguments |= {"aws_cloudwatch_log_group": "name", "aws_secretsmanager_secret": "name"}
    arguments |= {"aws_cloudwatch_metric_alarm": "alarm_name", "aws_sns_topic": "name"}
    return [
        resource[argument]
        for stack in synthesize(config).values()
        for kind, argument in arguments.items()
        for resource in stack.resources(kind).values()
    ]


_TEXT = st.sampled_from(["thumbs", "Thumbs", "x", "a-b", "kube-x", "", "9a", "a" * 30])
_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": _TEXT,
        "domain": st.sampled_from(["example.com", "Example.com", "localhost", ""]),
        "certificate": st.booleans(),
        "network": st.fixed_dictionaries(
            {},
            optional={
                "vpc_cidr": st.sampled_from(["10.0.0.0/16", "10.1.0.0/20", "192.168.0.0/24", "10.0.0.1/16", "x"]),
                "availability_zones": st.integers(1, 5),
                "subnet_prefix": st.integers(17, 28),
            },
        ),
        "processing": st.fixed_dictionaries(
            {}, optional={"deadline_s": st.integers(0, 8000), "visibility_timeout_s": st.integers(0, 50_000)}
        ),
        "worker": st.fixed_dictionaries(
            {},
            optional={
                "cpu_millis": st.sampled_from([250, 300, 1000, 4000]),
                "memory_mib": st.sampled_from([256, 768, 1792, 2048, 30464]),
                "max_replicas": st.integers(0, 600),
            },
        ),
        "thumbnails": st.fixed_dictionaries(
            {}, optional={"positions_pct": st.lists(st.floats(-1, 101, allow_nan=False), max_size=4)}
        ),
        "tags": st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3),
        "auth": st.sampled_from([{"mode": "token"}, {"mode": "none"}, {"mode": "oidc"}, OIDC["auth"]]),
    },
)


@settings(max_examples=60)
@given(_CHANGES)
@example({})
def test_a_config_synthesizes_or_names_the_wrong_field(change: dict[str, Any]) -> None:
    values = {**MINIMAL, **change}
    try:
        config = validate_config(values, source="pipeline.toml")
    except ConfigError as error:
        assert any(f"\n  {field}" in str(error) for field in [*PipelineConfig.model_fields])  # noqa: PT017
        return
    assert synthesize(config.model_dump(mode="json"))


def test_command_says_where_each_value_comes_from(tmp_path: Path) -> None:
    file = written(tmp_path, minimal_config() + "\nworker = { max_replicas = 4 }\n")
    variables = {"PIPELINE_REGION": "eu-west-1", "PIPELINE_API": '{"max_replicas": 5}', "DOMAIN_NAME": "example.com"}
    config = load_config(file, variables)
    lines = format_effective(config, value_sources(file, variables)).splitlines()
    assert f'name = "thumbnails"  # {file.name}' in lines
    assert 'region = "eu-west-1"  # PIPELINE_REGION' in lines
    assert 'domain = "example.com"  # DOMAIN_NAME' in lines
    assert "max_replicas = 5  # PIPELINE_API" in lines
    assert f"max_replicas = 4  # {file.name}" in lines
    assert "max_replicas = 3  # default" in lines
    assert '# state_bucket = "thumbnails-tfstate-123456789012-eu-west-1"  # derived' in lines


def test_command_ends_with_one_line_ok(tmp_path: Path) -> None:
    file = written(tmp_path, minimal_config())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIPELINE_")}
    done = subprocess.run(
        [sys.executable, "-m", "stacks.config.command", str(file)],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1].startswith(f"# OK: {file} is valid; 5 from {file.name}, 3 derived, ")
    assert tomllib.loads(done.stdout)["name"] == "thumbnails"
