"""This project as a repository with two versions, and instances of it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stacks.instance.new import render_instance
from stacks.instance.source import TemplateSource, as_requirement
from tests.template.project import PREVIOUS, THIS, Project, make_project

Render = Callable[..., Path]


@dataclass(frozen=True)
class Done:
    """What a command did: its status and everything that it said."""

    status: int
    said: str


@pytest.fixture(scope="session", autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Copier keeps clones; of a repository of a test, nobody wants one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_CACHE_DIR", str(tmp_path_factory.mktemp("copier")))
        yield


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("project") / "thumbnail-pipeline")


@pytest.fixture(scope="session")
def this_version(project: Project) -> TemplateSource:
    return TemplateSource(url=as_requirement(str(project.folder)), commit=project.commit(THIS))


@pytest.fixture(scope="session")
def previous_version(project: Project) -> TemplateSource:
    return TemplateSource(url=as_requirement(str(project.folder)), commit=project.commit(PREVIOUS))


@pytest.fixture(scope="session")
def render(this_version: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Render:
    """An instance of this version with a test's answers, in a folder named `instance`: to read, not to change."""
    rendered: dict[tuple[tuple[str, str], ...], Path] = {}

    def instance(**answers: str) -> Path:
        key = tuple(sorted(answers.items()))
        if key not in rendered:
            rendered[key] = tmp_path_factory.mktemp("rendered") / "instance"
            render_instance(this_version, rendered[key], answers, defaults=True)
        return rendered[key]

    return instance


def noxw(instance: Path, *arguments: str) -> Done:
    """Runs `./noxw -s ...` of an instance as its people do: with nothing of this test's environment."""
    foreign = ("PIPELINE_", "AWS_", "NOX", "VIRTUAL_ENV", "PYTHONPATH", "STACKS_", "DOMAIN_", "ALERT_", "CDKTF_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [str(instance / "noxw"), "-s", *arguments]
    done = subprocess.run(
        command, cwd=instance, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return Done(done.returncode, done.stdout)
