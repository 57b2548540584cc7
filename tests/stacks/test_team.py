"""A team's own stacks: synthesized with the pipeline's, under the instance's names, in a state of their own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.config.model import PipelineConfig
from stacks.instance.team_package import TeamError, team_stacks
from tests.support.synthesis import MINIMAL, read_synthesized

TEAM = """\
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from stacks.team import Construct, CoreOutputs, PipelineConfig, PipelineStack, outputs_of


class Audit(PipelineStack):
    def __init__(self, scope: Construct, stack_id: str, config: PipelineConfig) -> None:
        super().__init__(scope, stack_id, config)
        core = outputs_of(self, "core", CoreOutputs)
        SqsQueue(self, "audit", name=self.names.of("audit"), tags={"vpc": core.vpc_id})


STACKS = {"team-audit": Audit}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "__init__.py").write_text(TEAM, encoding="utf-8")
    yield tmp_path
    sys.modules.pop("team", None)


def test_it_is_synthesized_beside_the_others(project: Path, tmp_path: Path) -> None:
    import stacks.app  # noqa: PLC0415 - it starts jsii's node

    stacks.app.synth(PipelineConfig.model_validate(MINIMAL), tmp_path / "out", team_stacks(project))
    synthesized = read_synthesized(tmp_path / "out")
    assert set(synthesized) == {"bootstrap", "core", "workloads", "monitoring", "team-audit"}
    ours = synthesized["team-audit"]
    assert ours.resources("aws_sqs_queue")["audit"]["name"] == "thumbnails-audit"
    assert ours.document["terraform"]["backend"]["s3"]["key"] == "thumbnails/team-audit.tfstate"
    [tags] = ours.document["provider"]["aws"][0]["default_tags"]
    assert tags["tags"]["pipeline"] == "thumbnails"


def test_without_a_team_there_is_none(tmp_path: Path) -> None:
    assert team_stacks(tmp_path) == {}


def test_an_id_of_the_pipeline_is_refused(project: Path) -> None:
    (project / "team" / "__init__.py").write_text('STACKS = {"core": object}\n', encoding="utf-8")
    with pytest.raises(TeamError, match="'core', which is a stack of the pipeline"):
        team_stacks(project)


def test_a_package_that_cannot_be_imported_is_named(project: Path) -> None:
    (project / "team" / "__init__.py").write_text("import nothing_of_the_kind\n", encoding="utf-8")
    with pytest.raises(TeamError, match=r"team/__init__\.py cannot be imported: ModuleNotFoundError"):
        team_stacks(project)
