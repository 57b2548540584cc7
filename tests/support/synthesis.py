"""Configs for the tests of the stacks, and their synthesized stacks as plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stacks.config.model import PipelineConfig
from stacks.naming import StackId

STACKS = tuple(map(str, StackId))

Config = dict[str, Any]

MINIMAL: Config = {
    "name": "thumbnails",
    "region": "ap-southeast-2",
    "account_id": "123456789012",
    "repository": "acme/thumbnails",
    "alert_email": "ops@example.com",
}
"""Five lines of `pipeline.toml`."""

WITH_DOMAIN: Config = {**MINIMAL, "domain": "example.com", "certificate": True}
"""After dns step 2: all five stacks."""

OIDC: Config = {
    **WITH_DOMAIN,
    "auth": {
        "mode": "oidc",
        "oidc": {
            "issuer": "https://login.example.com",
            "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token",
            "user_info_endpoint": "https://login.example.com/userinfo",
            "client_secret_arn": "arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:dashboard-oidc-AbCdEf",
        },
    },
}

EVERYTHING: Config = {
    **OIDC,
    "name": "acme-thumbs",
    "region": "us-gov-west-1",
    "repository": "acme@1234/thumbnails@5678",
    "subdomain": "videos",
    "state_bucket": "acme-tfstate",
    "auth": {
        "mode": "oidc",
        "oidc": {
            **OIDC["auth"]["oidc"],
            "client_secret_arn": "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:login-AbCdEf",
        },
    },
    "tags": {"team": "media", "cost-center": "4711"},
    "image_tag": "1.0.5",
    "github": {"branch": "release", "environment": "live", "oidc_provider_exists": True},
    "network": {"vpc_cidr": "172.20.0.0/16", "availability_zones": 3, "subnet_prefix": 22},
    "cluster": {
        "kubernetes_version": "1.35",
        "public_access_cidrs": ["203.0.113.0/24"],
        "admin_principal_arns": ["arn:aws-us-gov:iam::123456789012:role/platform"],
        "log_retention_days": 365,
        "deletion_protection": False,
    },
    "storage": {
        "bucket_name": "acme-videos",
        "test_source_bucket_name": "acme-test-videos",
        "upload_origins": ["https://intranet.example.com"],
        "noncurrent_days": 30,
        "upload_expiry_days": 90,
        "deletion_protection": False,
    },
    "thumbnails": {"positions_pct": [5, 25, 75], "width_px": 320, "quality": 70},
    "processing": {"deadline_s": 300, "visibility_timeout_s": 1800, "max_receive_count": 3},
    "worker": {"cpu_millis": 2000, "memory_mib": 3840, "concurrency": 4, "max_replicas": 20},
    "api": {"cpu_millis": 500, "memory_mib": 768, "min_replicas": 2, "max_replicas": 6},
    "frames": {"enabled": True, "max_replicas": 6, "expiry_days": 7},
    "events": {
        "enabled": True,
        "event_bus": True,
        "targets": {
            "search-index": "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:search-index",
            "failures": "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:report-failures",
        },
    },
    "load_balancer": {
        "inbound_cidrs": ["203.0.113.0/24"],
        "web_acl_arn": "arn:aws-us-gov:wafv2:us-gov-west-1:123456789012:regional/webacl/dashboards/1a2b3c",
    },
}

EXISTING: Config = {
    **WITH_DOMAIN,
    "hosted_zone_id": "Z0123456789ABCDEFGHIJ",
    "github": {"oidc_provider_exists": True},
    "iam": {"permissions_boundary_arn": "arn:aws:iam::123456789012:policy/organisation-boundary"},
    "storage": {
        "source_buckets": ["acme-films", "acme-lectures"],
        "source_kms_key_arns": ["arn:aws:kms:ap-southeast-2:123456789012:key/1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"],
    },
    "network": {
        "vpc_id": "vpc-0a1b2c3d4e5f60718",
        "private_subnet_ids": ["subnet-0a1b2c3d4e5f60718", "subnet-0b1b2c3d4e5f60718"],
        "public_subnet_ids": ["subnet-0c1b2c3d4e5f60718", "subnet-0d1b2c3d4e5f60718"],
    },
}
"""An instance in an account that has its own network, zone, OIDC provider, boundary and videos."""

MATRIX = {
    "minimal": MINIMAL,
    "with-domain": WITH_DOMAIN,
    "oidc": OIDC,
    "everything": EVERYTHING,
    "existing": EXISTING,
}


@dataclass(frozen=True)
class Synthesized:
    """One stack's `cdk.tf.json`."""

    stack: str
    document: dict[str, Any]
    text: str

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return all resources of a Terraform type, by their logical id."""
        found: dict[str, dict[str, Any]] = self.document.get("resource", {}).get(kind, {})
        return found

    def all_resources(self) -> dict[str, dict[str, Any]]:
        """Return every resource, by its address: `aws_sqs_queue.videos-queue`."""
        kinds = self.document.get("resource", {})
        return {f"{kind}.{name}": resource for kind, named in kinds.items() for name, resource in named.items()}

    def policies(self) -> dict[str, dict[str, Any]]:
        """Return every IAM policy, parsed, by the address of its resource and the argument."""
        found = {}
        for address, resource in self.all_resources().items():
            for argument in ("policy", "assume_role_policy"):
                if "Statement" in str(resource.get(argument, "")):
                    found[f"{address}.{argument}"] = json.loads(_without_tokens(resource[argument]))
        return found


def synthesize(config: Config) -> dict[str, Synthesized]:
    """Return the stacks of a config, which are synthesized once in this process; a test may change what it gets."""
    return _parsed(_synthesized(json.dumps(config)))


@cache
def _synthesized(config: str) -> Mapping[str, str]:
    """Return the texts of the stacks: nearly a second of CPU, half of it in jsii's node, which goes on running."""
    # Each process collects all tests, and only one needs jsii's node, which this import starts.
    import stacks.app  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        stacks.app.synth(PipelineConfig.model_validate(json.loads(config)), Path(folder))
        return _read_texts(Path(folder))


def read_synthesized(folder: Path) -> dict[str, Synthesized]:
    """Return the stacks in an output folder of CDKTF."""
    return _parsed(_read_texts(folder))


def _read_texts(folder: Path) -> dict[str, str]:
    return {file.parent.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("stacks/*/cdk.tf.json"))}


def _parsed(texts: Mapping[str, str]) -> dict[str, Synthesized]:
    return {name: Synthesized(name, json.loads(text), text) for name, text in texts.items()}


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _without_tokens(text: str) -> str:
    """Return the text without Terraform's `${...}`, whose quotes are not valid in JSON."""
    plain, depth = [], 0
    position = 0
    while position < len(text):
        if text.startswith("${", position):
            depth += 1
            position += 2
        elif depth and text[position] == "}":
            depth -= 1
            position += 1
            if not depth:
                plain.append("TOKEN")
        else:
            if not depth:
                plain.append(text[position])
            position += 1
    return "".join(plain)
