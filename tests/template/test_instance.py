"""A fresh instance does what its README says: its own checks, and the demo under its name, from the pinned package."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.instance.new import render_instance
from tests.template.conftest import commit, delete_folder, noxw, share_environment, version_of
from tests.template.project import THIS, Project, append, git

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def instance(project: Project, environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Render an instance without a domain, in a repository of its own."""
    folder = tmp_path_factory.mktemp("fresh") / "acme-thumbs"
    source = version_of(project, THIS)
    render_instance(source, folder, {"name": "acme-thumbs", "account_id": "000000000001"}, defaults=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "Begin")
    share_environment(folder, environment, "test", "synth", "config", "deploy")
    yield folder
    delete_folder(folder)


@pytest.mark.timeout(600)
def test_instance_passes_its_checks_and_formatter(instance: Path) -> None:
    done = noxw(instance, "lint", "--", "--fix")
    assert done.status == 0, done.said
    assert git(instance, "status", "--porcelain") == ""
    # Before test, which installs more into the environment that they share: synth needs its own packages only.
    done = noxw(instance, "lint", "synth", "test")
    assert done.status == 0, done.said
    stacks = {folder.name for folder in (instance / "cdktf.out" / "stacks").iterdir()}
    assert stacks == {"bootstrap", "core", "workloads", "monitoring", "team-alarms"}
    assert git(instance, "status", "--porcelain") == ""


@pytest.mark.timeout(600)
def test_its_demo_runs_under_its_name_with_its_positions(instance: Path, tmp_path: Path) -> None:
    append(instance / "pipeline.toml", "thumbnails.positions_pct = [20, 60]\n")
    # The end-to-end tests use the same samples: drawing them takes 30 s of CPU.
    (ROOT / ".nox" / "e2e-data" / "samples").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "samples").symlink_to(ROOT / ".nox" / "e2e-data" / "samples")
    done = noxw(instance, "demo", "--", "--once", "--data", str(tmp_path / "data"))
    assert done.status == 0, done.said
    assert "Starting acme-thumbs: " in done.said
    assert "s3://acme-thumbs-videos/thumbnails/" in done.said
    thumbnails = sorted(path.name for path in (tmp_path / "data" / "thumbnails").glob("Harbour at dawn*"))
    assert thumbnails == ["Harbour at dawn_1.jpg", "Harbour at dawn_2.jpg"]


@pytest.mark.timeout(600)
def test_the_installed_package_has_everything_but_tests(instance: Path) -> None:
    assert noxw(instance, "config").status == 0
    [packages] = (instance / ".nox" / "config" / "lib").glob("python*/site-packages")
    tracked = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "services", "stacks").splitlines()
    of_tests = re.compile(r"services/frontend/e2e/|\.test\.tsx?$")
    missing = [file for file in tracked if not of_tests.search(file) and not (packages / file).is_file()]
    assert missing == []
    assert not list(packages.glob("services/frontend/e2e"))
    assert {path.parent.name for path in packages.glob("*/py.typed")} >= {"services", "stacks"}
    for name in ("api", "checks", "local", "stacks", "template", "worker"):
        copied = packages / "stacks" / "requirements" / f"{name}.txt"
        assert copied.read_bytes() == (ROOT / "requirements" / f"{name}.txt").read_bytes()


@pytest.mark.timeout(600)
def test_wrong_stack_error_lists_team_stacks_too(instance: Path) -> None:
    done = noxw(instance, "deploy", "--", "cor")
    assert done.status != 0
    assert "There is no stack 'cor': there are bootstrap, core, workloads, dns, monitoring, team-alarms." in done.said


@pytest.mark.timeout(600)
def test_folder_that_hides_a_package_stops_the_session(instance: Path) -> None:
    (instance / "services").mkdir()
    done = noxw(instance, "lint")
    (instance / "services").rmdir()
    assert done.status != 0
    assert "services hides the pipeline's package `services`" in done.said
    assert "rename it, for example to `our_services`" in done.said
