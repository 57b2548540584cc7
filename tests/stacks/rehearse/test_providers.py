"""Providers on this machine are found, offered to Terraform under a pinned version, and asked for what they know."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stacks.rehearse.providers import (
    MirroredProvider,
    find_provider_mirrors,
    platform_name,
    unknown_attributes,
    without_attributes,
    write_cli_config,
)


def put_provider(mirror: Path, source: str, version: str, platform: str = "") -> Path:
    folder = mirror / "registry.terraform.io" / source / version / (platform or platform_name())
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-{source.rpartition('/')[2]}_v{version}_x5").write_text("", encoding="utf-8")
    return folder


def test_providers_are_found_newest_first(tmp_path: Path) -> None:
    for version in ("5.99.1", "5.100.0"):
        put_provider(tmp_path / "opt" / "plugins", "hashicorp/aws", version)
    put_provider(tmp_path / "srv", "hashicorp/helm", "3.1.1")
    put_provider(tmp_path / "srv", "hashicorp/kubernetes", "2.38.0", "plan9_mips")
    (tmp_path / "srv" / "registry.terraform.io" / "hashicorp" / "dns" / "1.0.0" / platform_name()).mkdir(parents=True)
    found = find_provider_mirrors({"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": ""}, tmp_path)
    assert [(one.source, one.version) for one in found] == [
        ("hashicorp/aws", "5.100.0"),
        ("hashicorp/aws", "5.99.1"),
        ("hashicorp/helm", "3.1.1"),
    ]


@pytest.mark.parametrize("setting", ["filesystem_mirror", "plugin_cache_dir", "TF_PLUGIN_CACHE_DIR", "implied"])
def test_terraforms_own_settings_name_mirrors(setting: str, tmp_path: Path) -> None:
    home, mirror = tmp_path / "home", tmp_path / "a" / "b" / "c" / "d" / "e"
    home.mkdir()
    environment = {"HOME": str(home), "XDG_DATA_DIRS": ""}
    texts = {
        "filesystem_mirror": f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n',
        "plugin_cache_dir": f'plugin_cache_dir = "{mirror}"\n',
    }
    if setting in texts:
        (home / ".terraformrc").write_text(texts[setting], encoding="utf-8")
    elif setting == "implied":
        mirror = home / ".terraform.d" / "plugins"
    else:
        environment[setting] = str(mirror)
    folder = put_provider(mirror, "hashicorp/aws", "6.25.0")
    expected = MirroredProvider(source="hashicorp/aws", version="6.25.0", folder=folder)
    assert find_provider_mirrors(environment, tmp_path / "nothing") == (expected,)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs Terraform")
def test_terraform_takes_a_provider_for_the_pinned_version(tmp_path: Path) -> None:
    folder = put_provider(tmp_path / "mirror-of-old", "hashicorp/aws", "5.100.0")
    (provider,) = find_provider_mirrors({"HOME": str(tmp_path), "XDG_DATA_DIRS": ""}, tmp_path)
    assert provider.folder == folder
    config = write_cli_config(tmp_path, [provider], versions={"hashicorp/aws": "6.25.0"})
    stack = '{"terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}}}'
    (tmp_path / "main.tf.json").write_text(stack, encoding="utf-8")
    environment = {"TF_CLI_CONFIG_FILE": str(config), "CHECKPOINT_DISABLE": "1", "HOME": str(tmp_path)}
    terraform = shutil.which("terraform")
    done = subprocess.run(
        [str(terraform), "init", "-input=false", "-no-color"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Installed hashicorp/aws v6.25.0" in done.stdout


def test_without_a_mirror_terraform_has_its_defaults(tmp_path: Path) -> None:
    assert write_cli_config(tmp_path, []).read_text(encoding="utf-8") == ""


def test_attributes_that_no_schema_has_are_listed_and_removed() -> None:
    known = {"attributes": {"name": {"type": "string"}}}
    nested = {"attributes": {"policy": {"nested_type": {"nesting_mode": "list", **known}}}}
    rule = {"nesting_mode": "list", "block": known}
    schemas = {
        "provider_schemas": {
            "registry.terraform.io/hashicorp/aws": {
                "provider": {"block": known},
                "resource_schemas": {"aws_queue": {"block": {**nested, "block_types": {"rule": rule}}}},
                "data_source_schemas": {"aws_zone": {"block": known}},
            }
        }
    }
    stack: dict[str, Any] = {
        "provider": {"aws": [{"name": "a", "newer": 1}], "helm": [{"other": 1}]},
        "resource": {
            "aws_queue": {
                "q": {
                    "depends_on": ["data.aws_zone.z"],
                    "policy": [{"name": "p", "new_key": 1}],
                    "rule": [{"name": "first"}, {"name": "second", "fresh": {"deep": 1}}],
                }
            },
            "helm_release": {"r": {"anything": 1}},
        },
        "data": {"aws_zone": {"z": {"name": "z", "mode": "new"}}},
    }
    unknown = unknown_attributes(schemas, stack)
    assert sorted(map(str, unknown)) == [
        "aws_queue.policy.new_key",
        "aws_queue.rule.fresh",
        "aws_zone.mode",
        "provider aws.newer",
    ]
    kept = without_attributes(stack, unknown)
    assert unknown_attributes(schemas, kept) == []
    assert kept["resource"]["aws_queue"]["q"]["rule"] == [{"name": "first"}, {"name": "second"}]
    assert kept["resource"]["helm_release"] == stack["resource"]["helm_release"]
    assert "newer" in stack["provider"]["aws"][0]
