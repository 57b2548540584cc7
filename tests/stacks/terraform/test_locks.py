"""Lock files of providers stay with the instance, fit its stacks, and hold for three platforms."""

import json
import shutil
from pathlib import Path

import pytest

from stacks.terraform.locks import PLATFORMS, LockError, keep_lock, lock_providers, place_lock

CI = {"CI": "true"}


def lock(*versions: tuple[str, str], checksum: str = "zh:a") -> str:
    blocks = [
        f'provider "registry.terraform.io/hashicorp/{name}" {{\n  version = "{version}"\n'
        f'  hashes = [\n    "{checksum}",\n  ]\n}}\n'
        for name, version in versions
    ]
    return "\n".join(["# written by Terraform\n", *blocks])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a synthesized stack that needs two providers."""
    folder = tmp_path / "cdktf.out" / "stacks" / "core"
    folder.mkdir(parents=True)
    required = {"aws": {"source": "aws", "version": "6.25.0"}, "dns": {"source": "hashicorp/dns", "version": "~> 3.0"}}
    (folder / "cdk.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}), encoding="utf-8")
    return folder


def keep(project: Path, text: str) -> Path:
    file = project / "terraform-locks" / "core.lock.hcl"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_lock_is_kept_once_and_placed_again(tmp_path: Path, folder: Path) -> None:
    said: list[str] = []
    placed = folder / ".terraform.lock.hcl"
    assert place_lock(tmp_path, folder, {}) == ()
    placed.write_text(lock(("aws", "6.25.0"), ("dns", "3.1.0")), encoding="utf-8")
    for _ in range(2):
        keep_lock(tmp_path, folder, say=said.append, environment={})
    assert said == ["terraform-locks/core.lock.hcl pins the providers of core: commit it."]
    placed.unlink()
    assert place_lock(tmp_path, folder, {}) == ()
    assert "6.25.0" in placed.read_text(encoding="utf-8")


def test_a_workflow_only_reads_the_lock(tmp_path: Path, folder: Path) -> None:
    kept = keep(tmp_path, lock(("aws", "6.25.0"), ("dns", "3.1.0")))
    before = kept.read_text(encoding="utf-8")
    assert place_lock(tmp_path, folder, CI) == ("-lockfile=readonly",)
    (folder / ".terraform.lock.hcl").write_text(lock(("aws", "9.9.9")), encoding="utf-8")
    keep_lock(tmp_path, folder, say=pytest.fail, environment=CI)
    assert kept.read_text(encoding="utf-8") == before


def test_a_workflow_without_a_lock_initializes_as_ever(tmp_path: Path, folder: Path) -> None:
    assert place_lock(tmp_path, folder, CI) == ()


@pytest.mark.parametrize(
    "versions",
    [
        pytest.param([("aws", "6.24.0"), ("dns", "3.1.0")], id="another version"),
        pytest.param([("aws", "6.25.0")], id="a provider is missing"),
        pytest.param([("aws", "6.25.0"), ("dns", "3.1.0"), ("helm", "3.1.1")], id="one too many"),
    ],
)
def test_a_workflow_refuses_a_lock_that_does_not_fit(
    versions: list[tuple[str, str]], tmp_path: Path, folder: Path
) -> None:
    keep(tmp_path, lock(*versions))
    with pytest.raises(LockError, match=r"core\.lock\.hcl does not fit the providers of core: run `\./noxw locks`"):
        place_lock(tmp_path, folder, CI)


def test_lock_entry_of_an_older_version_is_omitted(tmp_path: Path, folder: Path) -> None:
    keep(tmp_path, lock(("aws", "6.24.0"), ("dns", "3.1.0")))
    place_lock(tmp_path, folder, {})
    placed = (folder / ".terraform.lock.hcl").read_text(encoding="utf-8")
    assert "hashicorp/dns" in placed
    assert "hashicorp/aws" not in placed


def test_checksums_of_one_platform_are_reported(tmp_path: Path, folder: Path) -> None:
    said: list[str] = []
    text = lock(("aws", "6.25.0"), ("dns", "3.1.0"), checksum="h1:a")
    (folder / ".terraform.lock.hcl").write_text(text, encoding="utf-8")
    keep_lock(tmp_path, folder, say=said.append, environment={})
    assert "this platform only: `./noxw locks` adds the others" in said[0]


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs Terraform")
def test_terraform_locks_all_platforms_from_a_mirror(tmp_path: Path, folder: Path) -> None:
    mirror = tmp_path / "mirror"
    for name, version in (("aws", "6.25.0"), ("dns", "3.1.0")):
        for platform in PLATFORMS:
            package = mirror / "registry.terraform.io" / "hashicorp" / name / version / platform
            package.mkdir(parents=True)
            (package / f"terraform-provider-{name}_v{version}").write_text(platform, encoding="utf-8")
    said: list[str] = []
    lock_providers(tmp_path, [folder], say=said.append, mirror=mirror)
    kept = (tmp_path / "terraform-locks" / "core.lock.hcl").read_text(encoding="utf-8")
    assert kept.count('"h1:') == 2 * len(PLATFORMS)
    assert said == ["terraform-locks/core.lock.hcl pins the providers of core: commit it."]
    assert place_lock(tmp_path, folder, CI) == ("-lockfile=readonly",)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs Terraform")
def test_a_mirror_without_the_provider_is_named(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(LockError, match=r"could not lock the providers of core:\n(.|\n)*hashicorp/aws"):
        lock_providers(tmp_path, [folder], say=pytest.fail, mirror=tmp_path / "empty")
