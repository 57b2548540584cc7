"""The command line: one sentence for a mistake, no traceback, and status 1."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from stacks.deploy.__main__ import main
from tests.support.bench import Bench

ROOT = Path(__file__).parents[3]

PIPELINE = """\
name = "thumbnails"
region = "ap-southeast-2"
account_id = "123456789012"
repository = "acme/thumbnails"
alert_email = "ops@example.com"
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PIPELINE_", "S3_BUCKET"))
    }
    environment |= {
        "PYTHONPATH": str(ROOT),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_CONFIG_FILE": "/nonexistent",
    }
    return subprocess.run(
        [sys.executable, "-m", "stacks.deploy", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(bench: Bench) -> Path:
    (bench.project / "pipeline.toml").write_text(PIPELINE, encoding="utf-8")
    return bench.project


def test_missing_credentials_are_one_sentence(project: Path, bench: Bench) -> None:
    done = _run(project, "deploy", "core")
    assert done.returncode == 1
    assert done.stderr == (
        "Nothing was changed. Before this can run:\n"
        "  - There are no AWS credentials: log in (`aws sso login`), or set AWS_PROFILE to a profile that has them.\n"
    )
    assert bench.asked("terraform") == []


def test_a_wrong_config_never_reaches_terraform(project: Path, bench: Bench) -> None:
    (project / "pipeline.toml").write_text(PIPELINE.replace("1234", "12"), encoding="utf-8")
    done = _run(project, "deploy", "core")
    assert done.returncode == 1
    assert "account_id" in done.stderr
    assert "Traceback" not in done.stderr
    assert bench.asked("terraform") == []


def test_a_folder_without_a_config_is_told(tmp_path: Path) -> None:
    done = _run(tmp_path, "cost")
    assert done.returncode == 1
    assert "pipeline.toml cannot be read" in done.stderr


def test_a_smoke_test_without_credentials_is_one_sentence(project: Path) -> None:
    done = _run(project, "smoke")
    assert done.returncode == 1
    assert done.stderr.startswith("There are no AWS credentials: log in")
    assert done.stderr.count("\n") == 1


def test_cost_needs_no_account(project: Path) -> None:
    done = _run(project, "cost", "--videos", "500", "--video-mb", "20")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("thumbnails, 500 videos a month")


@pytest.mark.parametrize("wrong", [["--videos", "-1"], ["--videos", "many"], ["--video-mb", "0"]])
def test_a_wrong_number_is_told(project: Path, wrong: list[str]) -> None:
    done = _run(project, "cost", *wrong)
    assert done.returncode == 2
    assert wrong[0] in done.stderr


@pytest.mark.parametrize(
    ("folder", "shown"), [("", "staging.toml"), ("envs", "envs/staging.toml"), ("../elsewhere", None)]
)
@pytest.mark.usefixtures("session")  # has credentials of another account
def test_a_message_names_the_config_that_was_given(
    project: Path,
    folder: str,
    shown: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    staging = (project / folder / "staging.toml").resolve()
    staging.parent.mkdir(exist_ok=True)
    staging.write_text(PIPELINE.replace("123456789012", "999999999999"), encoding="utf-8")
    monkeypatch.setattr(
        sys, "argv", ["stacks.deploy", "--project", str(project), "deploy", "core", "--config", str(staging)]
    )
    assert main() == 1
    assert f"and {shown or staging} says account_id = '999999999999'" in capsys.readouterr().err


def test_another_config_is_deployed_from_its_own_folder(
    project: Path, bench: Bench, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = project / "staging.toml"
    staging.write_text(PIPELINE.replace('"thumbnails"', '"staging"'), encoding="utf-8")
    arguments = ["--project", str(project), "deploy", "bootstrap", "--yes", "--config", str(staging)]
    monkeypatch.setattr(sys, "argv", ["stacks.deploy", *arguments])
    assert main() == 0
    assert bench.asked("terraform") == ["terraform deploy bootstrap"]
    assert [folder.name for folder in (project / "cdktf.out").iterdir()] == ["staging"]
    [bucket] = session.client("s3").list_buckets()["Buckets"]
    assert bucket["Name"] == "staging-tfstate-123456789012-ap-southeast-2"
