"""This project as a repository with two versions, and instances of it."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stacks.instance.new import render_instance
from stacks.instance.source import TemplateSource, as_requirement
from tests.template.project import PREVIOUS, ROOT, THIS, Project, git, make_project, make_template

Render = Callable[..., Path]
Begin = Callable[[TemplateSource, Path], Path]


@dataclass(frozen=True)
class Done:
    """The status and the whole output of a command."""

    status: int
    said: str


@pytest.fixture(scope="session", autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep Copier's clones of a test's repository out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_CACHE_DIR", str(tmp_path_factory.mktemp("copier")))
        yield


@pytest.fixture(scope="session")
def project(shared_folder: Path) -> Project:
    """Return the repository that all processes of a run share, so that uv builds the package of a version once."""
    return _shared(shared_folder / "project", make_project)


@pytest.fixture(scope="session")
def template(shared_folder: Path) -> Project:
    """Return the repository of the template alone, for what installs no package: a small part of the files to clone."""
    return _shared(shared_folder / "template", make_template)


def _shared(folder: Path, make: Callable[[Path], Project]) -> Project:
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make(folder / "thumbnail-pipeline")


@pytest.fixture(scope="session")
def this_version(template: Project) -> TemplateSource:
    return version_of(template, THIS)


@pytest.fixture(scope="session")
def previous_version(template: Project) -> TemplateSource:
    return version_of(template, PREVIOUS)


def version_of(project: Project, tag: str) -> TemplateSource:
    return TemplateSource(url=as_requirement(str(project.folder)), commit=project.commit(tag))


@pytest.fixture(scope="session")
def render(this_version: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Return a function that renders this version into a folder named `instance`: to read, not to change."""
    rendered: dict[tuple[tuple[str, str], ...], Path] = {}

    def instance(**answers: str) -> Path:
        key = tuple(sorted(answers.items()))
        if key not in rendered:
            rendered[key] = tmp_path_factory.mktemp("rendered") / "instance"
            render_instance(this_version, rendered[key], answers, defaults=True)
        return rendered[key]

    return instance


@pytest.fixture(scope="session")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Begin:
    """Return a function that makes an instance, committed, in a folder: a copy of the first one of its version."""
    first: dict[TemplateSource, Path] = {}

    def instance(source: TemplateSource, folder: Path) -> Path:
        if source not in first:
            first[source] = tmp_path_factory.mktemp("first") / "acme-thumbs"
            render_instance(source, first[source], {"name": "acme-thumbs", "domain": "acme.example"}, defaults=True)
            git(first[source], "init", "--quiet", "--initial-branch=main")
            commit(first[source], "Begin")
        shutil.copytree(first[source], folder, symlinks=True)
        return folder

    return instance


def commit(instance: Path, message: str) -> None:
    git(instance, "add", "--all")
    git(instance, "commit", "--quiet", f"--message={message}")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an environment without packages, for the sessions of all instances that install the stacks' requirements.

    A new one compiles all that a synth imports: 7 s of CPU. test_instance.py is first: it runs each session with no
    packages but its own.
    """
    folder = tmp_path_factory.mktemp("environment") / "stacks"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    yield folder
    delete_folder(folder)


def share_environment(instance: Path, environment: Path, *sessions: str) -> None:
    """Let sessions of an instance use an environment."""
    (instance / ".nox").mkdir()
    # nox takes an environment that exists.
    for session in sessions:
        (instance / ".nox" / session).symlink_to(environment)


def link_nox(instance: Path) -> None:
    """Let an instance use this checkout's nox, if it is installed; test_instance.py installs nox as users do."""
    (instance / ".noxw").mkdir()
    for path in (ROOT / ".noxw").glob("*"):
        (instance / ".noxw" / path.name).symlink_to(path)


def noxw(instance: Path, *arguments: str) -> Done:
    """Run `./noxw -s ...` of an instance as its users do: without this test's environment."""
    foreign = ("PIPELINE_", "AWS_", "NOX", "VIRTUAL_ENV", "PYTHONPATH", "STACKS_", "DOMAIN_", "ALERT_", "CDKTF_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [str(instance / "noxw"), "-s", *arguments]
    done = subprocess.run(
        command, cwd=instance, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Done(done.returncode, done.stdout)


def delete_folder(folder: Path) -> None:
    """Delete an instance with its environments of 60,000 files; rm needs a third of the time of shutil.rmtree."""
    subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)
