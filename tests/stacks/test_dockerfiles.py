"""The images, as far as they can be built without an engine: each service starts from its own requirements alone."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.dockerfile import Image, build, instructions
from tests.support.videos import Videos

ROOT = Path(__file__).parents[2]
SERVICES = [service for service in ("worker", "api") if (ROOT / "services" / service / "__main__.py").exists()]


INSTALL = """\
#!/bin/sh
[ "$1 $3 $4" = "--python install --no-cache-dir" ] || { echo "unknown: pip $*"; exit 2; }
python=$2
shift 4
exec '%s' pip install --quiet --python="$python" "$@"
"""
"""A `pip` that is uv, with its cache and hard links: pip unpacks and compiles, 22 s of CPU for the worker alone."""


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of a Python base image: a `python` and a `pip`, and no packages."""
    place = tmp_path_factory.mktemp("base")
    uv = shutil.which("uv", path=os.pathsep.join([os.environ["PATH"], str(ROOT / ".noxw" / "bin")]))
    command = [sys._base_executable, "-m", "venv", place]  # type: ignore[attr-defined]  # noqa: SLF001
    subprocess.run([*command, "--without-pip"] if uv else command, check=True)
    if uv:
        pip = place / "bin" / "pip"
        pip.write_text(INSTALL % uv, encoding="utf-8")
        pip.chmod(0o755)
    return place / "bin"


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> dict[str, Image]:
    return {
        service: build(
            ROOT / "services" / service / "Dockerfile",
            context=ROOT,
            folder=tmp_path_factory.mktemp(service),
            programs=programs,
        )
        for service in SERVICES
    }


@pytest.fixture(params=SERVICES)
def image(request: pytest.FixtureRequest, images: dict[str, Image]) -> Image:
    return images[request.param]


@pytest.mark.timeout(600)
def test_wrong_settings_exit_2_and_are_all_named(image: Image) -> None:
    done = image.run()
    assert done.returncode == 2, done.stderr
    for name in ("AWS_REGION", "SQS_QUEUE_URL", "S3_BUCKET", "VIDEOS_TABLE"):
        assert f"{name} is not set" in done.stderr


def test_the_workers_image_contains_the_frames_service(images: dict[str, Image]) -> None:
    done = replace(images["worker"], entrypoint=["python", "-m", "services.frames"], command=[]).run()
    assert done.returncode == 2, done.stderr
    assert "S3_BUCKET is not set" in done.stderr
    # What its server names by text only.
    server = "import httptools, uvloop, websockets, services.api.server, services.frames.app"
    done = replace(images["worker"], entrypoint=["python", "-c", server], command=[]).run()
    assert done.returncode == 0, done.stderr


def test_the_worker_extracts_thumbnails(images: dict[str, Image], videos: Videos, tmp_path: Path) -> None:
    video = videos.video("clip.mp4", duration_s=2)
    done = images["worker"].run("extract", str(video), "--output", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["thumbnails"]) == 3
    assert len(list(tmp_path.glob("*.jpg"))) == 3
    assert "--positions" in images["worker"].run("extract", "--help").stdout


def test_a_team_extends_the_workers_image(
    images: dict[str, Image], programs: Path, videos: Videos, tmp_path: Path
) -> None:
    """Build the Dockerfile of the template with a file as its comment has it."""
    own = tmp_path / "team"
    own.mkdir()
    example = (ROOT / "template" / "team" / "worker" / "Dockerfile").read_text(encoding="utf-8")
    steps = re.sub(r"^#   (COPY|ENV)", r"\1", example, flags=re.MULTILINE)
    (own / "Dockerfile").write_text(steps, encoding="utf-8")
    (own / "proxy-ca.pem").write_text("a certificate", encoding="utf-8")
    made = build(own / "Dockerfile", context=own, folder=tmp_path / "image", programs=programs, base=images["worker"])
    assert (made.root / "etc" / "ssl" / "certs" / "proxy-ca.pem").read_text(encoding="utf-8") == "a certificate"
    assert made.environment["AWS_CA_BUNDLE"] == "/etc/ssl/certs/proxy-ca.pem"
    assert (made.user, made.entrypoint) == (images["worker"].user, images["worker"].entrypoint)
    video = videos.video("clip.mp4", duration_s=2)
    done = made.run("extract", str(video), "--output", str(tmp_path / "pictures"), "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["thumbnails"]) == 3


def test_only_the_services_own_code_is_in_it(image: Image) -> None:
    services = {entry.name for entry in (image.root / "app" / "services").iterdir() if entry.is_dir()}
    own = {"worker": {"worker", "api", "frames"}, "api": {"api"}}[image.entrypoint[-1].rpartition(".")[2]]
    assert services - {"__pycache__"} == {"contract", "aws"} | own


def test_only_the_services_own_requirements_are_in_it(image: Image) -> None:
    part = image.entrypoint[-1].rpartition(".")[2]
    text = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")
    wanted = {_normal(name) for name in re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE)}
    (packages,) = image.root.glob("venv/lib/python*/site-packages")
    installed = {_normal(entry.name.split("-")[0]) for entry in packages.glob("*.dist-info")}
    assert installed <= wanted
    assert "pip" not in installed


def test_bytecode_is_made_beforehand(image: Image) -> None:
    sources = list((image.root / "app").rglob("*.py"))
    assert sources
    for source in sources:
        assert list(source.parent.glob(f"__pycache__/{source.stem}.*.pyc")), source


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_no_root_and_pinned(service: str) -> None:
    steps = instructions(ROOT / "services" / service / "Dockerfile")
    users = [rest for name, rest in steps if name == "USER"]
    assert users == ["10001:10001"]
    (base,) = [rest for name, rest in steps if name == "ARG"]
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-\w+", base)
    (install,) = [rest for name, rest in steps if name == "RUN" and " install " in rest]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert sum(name == "FROM" for name, _ in steps) == 2


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
