"""`./noxw`: short commands, nox's own options, and the output that users see."""

import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NOXFILE = '''
import sys
from pathlib import Path

import nox

sys.path.append(str(Path(__file__).parent))
from tasks.steps import run_module

nox.options.sessions = ["lint"]


@nox.session(venv_backend="none", tags=["user"])
def demo(session):
    """Run it."""
    print("demo", session.posargs, session.invoked_from)


@nox.session(venv_backend="none", tags=["user"], name="check-it")
def check_it(session):
    session.run("false", external=True)


@nox.session(venv_backend="none", tags=["user"])
def explain(session):
    """Explain it."""
    session.run("python", "-c", "import sys; sys.exit('There is no such video.')")


@nox.session(venv_backend="none", tags=["user"])
def refuse(session):
    """Refuse it."""
    run_module(session, "refusing")


@nox.session(venv_backend="none", tags=["check"])
def lint(session):
    """Check it."""
    print("lint", session.posargs)


@nox.session(venv_backend="none", tags=["user", "check"])
def synth(session):
    print("synth", session.posargs)
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with noxw and a noxfile of five small sessions; nox itself is this repository's."""
    folder = tmp_path_factory.mktemp("noxw")
    run_noxw(ROOT, "--version")
    for file in ("noxw", "noxw.py"):
        shutil.copy(ROOT / file, folder)
    (folder / "requirements").mkdir()
    shutil.copy(ROOT / "requirements" / "nox.txt", folder / "requirements")
    (folder / ".noxw").symlink_to(ROOT / ".noxw")
    (folder / "noxfile.py").write_text(textwrap.dedent(NOXFILE), encoding="utf-8")
    shutil.copytree(ROOT / "tasks", folder / "tasks")
    (folder / "refusing.py").write_text("raise SystemExit(2)", encoding="utf-8")
    for name in ("demo", "check-it", "explain", "refuse", "synth"):
        (folder / ".nox" / name).mkdir(parents=True)
    return folder


def run_noxw(folder: Path, *arguments: str, cwd: Path | None = None) -> tuple[int, list[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NOX", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(folder / "noxw"), *arguments],
        cwd=cwd or folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    "arguments",
    [
        "demo --once film.mp4",
        "demo -- --once film.mp4",
        "-s demo -- --once film.mp4",
        "--session demo -- --once film.mp4",
    ],
)
def test_user_session_gets_its_arguments_and_prints_alone(project: Path, tmp_path: Path, arguments: str) -> None:
    status, lines = run_noxw(project, *arguments.split(), cwd=tmp_path)
    assert (status, lines) == (0, [f"demo ['--once', 'film.mp4'] {tmp_path}"])


def test_a_checks_name_can_be_a_sessions_argument(project: Path) -> None:
    assert run_noxw(project, "demo", "lint")[1] == [f"demo ['lint'] {project}"]


@pytest.mark.parametrize("arguments", ["lint synth --fix", "-s lint synth -- --fix"])
def test_several_checks_run_with_the_lines_of_nox(project: Path, arguments: str) -> None:
    status, lines = run_noxw(project, *arguments.split())
    assert status == 0
    assert [line for line in lines if not line.startswith("nox > ")] == ["lint ['--fix']", "synth ['--fix']"]
    assert "nox > Session lint was successful." in lines


def test_no_arguments_run_the_default_sessions(project: Path) -> None:
    assert "lint []" in run_noxw(project)[1]


def test_failing_user_session_prints_the_errors(project: Path) -> None:
    status, lines = run_noxw(project, "check-it")
    assert status == 1
    assert lines == ["nox > Command false  failed with exit code 1"]


def test_a_program_that_explains_its_failure_is_not_repeated(project: Path) -> None:
    assert run_noxw(project, "explain") == (1, ["There is no such video."])


def test_a_program_that_refuses_gives_its_exit_status(project: Path) -> None:
    assert run_noxw(project, "refuse") == (2, [])


def test_unknown_session_is_an_error(project: Path) -> None:
    status, lines = run_noxw(project, "dmeo", "--once")
    assert status != 0
    assert "dmeo" in lines[-1]


def test_options_are_those_of_nox(project: Path) -> None:
    status, lines = run_noxw(project, "--help")
    assert status == 0
    assert any("--noxfile" in line for line in lines)


def test_list_has_two_groups(project: Path) -> None:
    status, lines = run_noxw(project, "--list")
    assert status == 0
    assert lines[2:] == [
        "For users:",
        "  demo          Run it.",
        "  check-it      ",
        "  explain       Explain it.",
        "  refuse        Refuse it.",
        "  synth         ",
        "",
        "For developers:",
        "  lint          Check it.",
    ]


@pytest.mark.parametrize("folder", [ROOT, ROOT / "template"], ids=["here", "instance"])
def test_every_session_has_a_line_of_help(folder: Path, tmp_path: Path, project: Path) -> None:
    for file in ("noxw", "noxw.py", "requirements/nox.txt", "noxfile.py"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy((project if file.startswith("req") else folder) / file, tmp_path / file)
    if folder == ROOT:
        shutil.copytree(ROOT / "tasks", tmp_path / "tasks")
    (tmp_path / ".noxw").symlink_to(ROOT / ".noxw")
    status, lines = run_noxw(tmp_path, "--list")
    assert status == 0
    assert lines.index("For users:") < lines.index("For developers:")
    listed = [line for line in lines if line.startswith("  ")]
    assert len(listed) > 12
    assert all(len(line) <= 80 and line[16:].endswith(".") for line in listed)
