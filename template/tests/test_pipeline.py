"""This instance: its config is valid, and its stacks have its name."""

import json
import os
import re
from pathlib import Path

import pytest
from stacks.app import synth
from stacks.config.load import load_config
from stacks.config.model import PipelineConfig
from stacks.team import team_stacks

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def config() -> PipelineConfig:
    # The file alone, without the variables of this machine.
    return load_config(ROOT / "pipeline.toml", {})


@pytest.fixture(scope="session")
def stacks(config: PipelineConfig, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("cdktf")
    synth(config, folder, team_stacks(ROOT))
    return {file.parent.name: json.loads(file.read_text()) for file in folder.glob("stacks/*/cdk.tf.json")}


def test_every_stack_is_synthesized(config: PipelineConfig, stacks: dict[str, dict]) -> None:
    dns = {"dns"} if config.domain else set()
    assert set(stacks) == {"bootstrap", "core", "workloads", "monitoring"} | dns | set(team_stacks(ROOT))


def test_every_stack_has_its_own_state(config: PipelineConfig, stacks: dict[str, dict]) -> None:
    keys = {stack: document["terraform"]["backend"]["s3"]["key"] for stack, document in stacks.items()}
    assert keys == {stack: f"{config.name}/{stack}.tfstate" for stack in stacks}


def test_team_alarms_have_the_name_of_the_instance(config: PipelineConfig, stacks: dict[str, dict]) -> None:
    for stack in team_stacks(ROOT):
        for alarm in stacks[stack].get("resource", {}).get("aws_cloudwatch_metric_alarm", {}).values():
            assert alarm["alarm_name"].startswith(f"{config.name}-")


@pytest.mark.skipif("GITHUB_REPOSITORY" not in os.environ, reason="GITHUB_REPOSITORY is set on GitHub only")
def test_roles_trust_this_repository(config: PipelineConfig) -> None:
    assert re.sub(r"@\d+", "", config.repository).lower() == os.environ["GITHUB_REPOSITORY"].lower()
