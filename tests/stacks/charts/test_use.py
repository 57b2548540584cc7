"""An instance that keeps the charts deploys, plans and destroys without their repositories."""

from pathlib import Path

import boto3
import pytest

from stacks.charts import archives
from stacks.charts.pins import PublicChart
from stacks.deploy import prerequisites
from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.instance import Instance
from tests.stacks.charts.test_archives import make_archive
from tests.support.bench import config
from tests.support.synthesis import Synthesized, read_synthesized

_PIPELINE = """
name = "thumbnails"
region = "ap-southeast-2"
account_id = "123456789012"
repository = "acme/thumbnails"
alert_email = "ops@example.com"
"""


def synthesize_project(project: Path) -> Synthesized:
    from stacks.app import main  # noqa: PLC0415 - it starts jsii's node

    (project / "pipeline.toml").write_text(_PIPELINE, encoding="utf-8")
    main(project, {})
    return read_synthesized(project / "cdktf.out")["workloads"]


def test_releases_name_the_kept_archives_and_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.app.PUBLIC_CHARTS", kept := keep_charts(tmp_path))
    releases = synthesize_project(tmp_path).resources("helm_release")
    for chart in kept:
        release = releases[chart.name]
        assert "repository" not in release
        # Terraform runs in the stack's folder.
        archive = tmp_path / "cdktf.out" / "stacks" / "workloads" / release["chart"]
        assert archive.read_bytes() == (tmp_path / "charts" / chart.file_name).read_bytes()


def test_without_archives_a_synthesis_names_the_pinned_versions(tmp_path: Path) -> None:
    releases = synthesize_project(tmp_path).resources("helm_release")
    assert releases["keda"]["repository"] == "https://kedacore.github.io/charts"
    assert releases["keda"]["version"] == "2.21.0"


def test_a_changed_archive_ends_the_synthesis_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stacks.app.PUBLIC_CHARTS", kept := keep_charts(tmp_path))
    (tmp_path / "charts" / kept[0].file_name).write_bytes(b"another")
    with pytest.raises(SystemExit, match="is not the pinned chart"):
        synthesize_project(tmp_path)


def test_an_unavailable_chart_stops_before_anything_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = PublicChart(name="keda", version="9.9.9", repository="http://127.0.0.1:9")
    monkeypatch.setattr(prerequisites, "PUBLIC_CHARTS", [gone])
    instance = Instance(config=config(), project=tmp_path, session=boto3.Session(region_name="ap-southeast-2"))
    with pytest.raises(PrerequisiteError, match=r"keda 9\.9\.9 could not be fetched"):
        prerequisites.fetch_charts(instance)


def keep_charts(project: Path) -> list[PublicChart]:
    """Put made-up archives of both charts into the project, and return their pins."""
    folder = project / archives.FOLDER
    folder.mkdir()
    charts = [
        PublicChart(name=name, version="9.9.9", repository="http://127.0.0.1:9")
        for name in ("keda", "aws-load-balancer-controller")
    ]
    for chart in charts:
        (folder / chart.file_name).write_bytes(make_archive(chart.name, chart.version))
    archives.fetch_archives(folder, charts, say=print)
    return charts
