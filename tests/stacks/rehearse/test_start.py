"""A rehearsal chooses its stacks and its provider before it starts anything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.providers import MirroredProvider
from stacks.rehearse.start import choose_stacks, choose_version

ROOT = Path(__file__).parents[3]
ALL = dict.fromkeys(["team-alarms", "monitoring", "core", "bootstrap", "workloads", "dns"])
MIRRORED = [
    MirroredProvider(source="hashicorp/aws", version=version, folder=Path("/mirror"))
    for version in ("5.100.0", "5.9.0")
]


def test_without_a_cluster_workloads_is_left_out() -> None:
    stacks, left_out = choose_stacks((), ALL, has_cluster=False)
    assert stacks == ("bootstrap", "core", "dns", "monitoring", "team-alarms")
    assert list(left_out) == ["workloads"]
    assert "--kubeconfig" in left_out["workloads"]


def test_with_a_cluster_all_stacks_are_rehearsed() -> None:
    stacks, left_out = choose_stacks((), ALL, has_cluster=True)
    assert stacks == ("bootstrap", "core", "workloads", "dns", "monitoring", "team-alarms")
    assert left_out == {}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("cors",), "There is no stack 'cors': there are bootstrap, core"),
        (("core", "workloads"), "workloads cannot be rehearsed: it needs a cluster"),
        (("dns", "monitoring"), "monitoring needs core: add it to --stacks"),
    ],
)
def test_impossible_choices_are_refused(asked: tuple[str, ...], said: str) -> None:
    with pytest.raises(RehearsalError, match=said):
        choose_stacks(asked, ALL, has_cluster=False)


@pytest.mark.parametrize(
    ("asked", "version"), [(None, "6.25.0"), ("6.25.0", "6.25.0"), ("5.9.0", "5.9.0"), ("any", "5.100.0")]
)
def test_the_provider_is_the_pinned_one_or_as_asked(asked: str | None, version: str) -> None:
    assert choose_version(asked, "6.25.0", MIRRORED) == version


def test_any_prefers_the_pinned_provider() -> None:
    pinned = MirroredProvider(source="hashicorp/aws", version="5.9.0", folder=Path("/mirror"))
    assert choose_version("any", "5.9.0", [*MIRRORED, pinned]) == "5.9.0"


@pytest.mark.parametrize(
    ("asked", "mirrored", "said"),
    [
        ("5.1.0", MIRRORED, "no provider hashicorp/aws 5.1.0: the mirrors of this machine have 5.100.0, 5.9.0"),
        ("any", [], "no provider hashicorp/aws to rehearse with: the mirrors of this machine have none"),
    ],
)
def test_an_absent_provider_is_named(asked: str, mirrored: list[MirroredProvider], said: str) -> None:
    with pytest.raises(RehearsalError, match=said):
        choose_version(asked, "6.25.0", mirrored)


def rehearse(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    (folder / "pipeline.toml").write_text((ROOT / "pipeline.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "stacks.rehearse", "--project", str(folder), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERRAFORM_BINARY_NAME": "no-terraform"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_terraform_one_sentence_is_printed(tmp_path: Path) -> None:
    done = rehearse(tmp_path)
    assert done.returncode == 1
    assert "Terraform 1.11 or newer is needed and `no-terraform` does not run" in done.stderr
    assert "Traceback" not in done.stderr


def test_if_possible_passes_without_terraform(tmp_path: Path) -> None:
    done = rehearse(tmp_path, "--if-possible")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The stacks are not rehearsed: there is no `no-terraform`.\n"
    assert not (tmp_path / ".rehearsal").exists()
