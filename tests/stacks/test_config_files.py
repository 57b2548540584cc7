"""Several instances in one repository: each config has its file, its output folder and its name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.config.files import find_config, load_instance
from stacks.config.load import ConfigError
from stacks.config.reference import minimal_config
from stacks.naming import Names
from tests.support.synthesis import read_synthesized

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with pipeline.toml, the instance `thumbnails`, and staging.toml, the instance `staging`."""
    (tmp_path / "pipeline.toml").write_text(minimal_config(), encoding="utf-8")
    staging = minimal_config().replace('"thumbnails"', '"staging"')
    (tmp_path / "staging.toml").write_text(staging, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("variable", "file"), [("", "pipeline.toml"), ("staging.toml", "staging.toml"), ("/srv/x.toml", "/srv/x.toml")]
)
def test_the_variable_names_the_file_from_the_project(project: Path, variable: str, file: str) -> None:
    assert find_config(project, {"PIPELINE_CONFIG": variable}) == project / file


def test_each_config_is_synthesized_into_its_own_folder(project: Path) -> None:
    from stacks.app import main  # noqa: PLC0415 - it starts jsii's node

    main(project, {})
    main(project, {"PIPELINE_CONFIG": "staging.toml"})
    [ours, staging] = [read_synthesized(project / "cdktf.out" / folder)["core"] for folder in (".", "staging")]
    backends = [stack.document["terraform"]["backend"]["s3"] for stack in (ours, staging)]
    assert [backend["key"] for backend in backends] == ["thumbnails/core.tfstate", "staging/core.tfstate"]
    assert len({backend["bucket"] for backend in backends}) == 2
    names = [set(stack.resources("aws_eks_cluster")["cluster"]["name"].split()) for stack in (ours, staging)]
    assert names == [{"thumbnails"}, {"staging"}]


@pytest.mark.parametrize("region", ["ap-southeast-2", "us-east-1"])
def test_configs_sharing_name_and_account_are_refused(project: Path, region: str) -> None:
    second = minimal_config().replace("ap-southeast-2", region)
    (project / "second.toml").write_text(second, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"second\.toml and pipeline\.toml both describe the instance 'thumbnails'"):
        load_instance(project / "second.toml", {})


def test_one_name_in_two_accounts_is_two_instances(project: Path) -> None:
    (project / "second.toml").write_text(minimal_config().replace("123456789012", "210987654321"), encoding="utf-8")
    first, second = (load_instance(project / name, {}) for name in ("pipeline.toml", "second.toml"))
    assert Names(first).state_bucket != Names(second).state_bucket


def test_a_file_that_is_no_config_is_left_alone(project: Path) -> None:
    (project / "broken.toml").write_text("name = ", encoding="utf-8")
    (project / "pyproject.toml").write_text("[project]\nname = 'thumbnails'\n", encoding="utf-8")
    assert load_instance(project / "pipeline.toml", {}).name == "thumbnails"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("stacks.deploy", "cost", "--config", "staging.toml"), "staging, 10,000 videos a month"),
        (("stacks.config.command", "--config", "staging.toml"), "# OK: staging.toml is valid; 5 from staging.toml"),
    ],
    ids=["cost", "config"],
)
def test_commands_take_the_option(project: Path, command: tuple[str, ...], words: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert words in done.stdout, done.stderr
