"""Builds a Dockerfile without an engine, as far as that goes: its COPY and RUN steps, each stage in a folder.

A stage's folder replaces its root: an absolute path in a step means one below it. The base image is a Python without
packages, given by the caller. What is not checked is what only an engine does: the base itself, users, layers.
"""

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass
class Image:
    """The last stage, as it would run."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    user: str = ""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the entry point with arguments, or with the image's own, and with no other environment."""
        path = self.environment.get("PATH", "").split(":")[0]
        # The first run compiles the packages that it imports: `programs` may install them without their bytecode.
        ours = {"PATH": str(self.root / path.lstrip("/")), "HOME": str(self.root), "PYTHONDONTWRITEBYTECODE": ""}
        return subprocess.run(
            [*self.entrypoint, *(arguments or self.command)],
            cwd=self.root / self.workdir.lstrip("/"),
            env={**self.environment, **ours, **environment},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return pairs of instruction and arguments, with continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(name.upper(), rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def build(dockerfile: Path, *, context: Path, folder: Path, programs: Path, base: Image | None = None) -> Image:
    """Build the last stage. `programs` is the base image's PATH: a `python` and a `pip`.

    `base` is what a `FROM ${PIPELINE}` begins with: an image that was built before.

    Raises:
        AssertionError: a step fails, or is of a kind that this does not know.
    """
    ignored = _allowed(context / ".dockerignore")
    stages: dict[str, Image] = {}
    image = Image(folder)
    for name, rest in instructions(dockerfile):
        match name:
            case "ARG" | "LABEL" | "CMD" | "ENTRYPOINT" | "ENV" | "USER" | "WORKDIR":
                _note(name, rest, image)
            case "FROM":
                image = Image(folder / str(len(stages)))
                if rest == "${PIPELINE}":
                    assert base, "there is no image to begin with"
                    shutil.copytree(base.root, image.root, symlinks=True, copy_function=os.link)
                    image = replace(base, root=image.root)
                else:
                    image.root.mkdir(parents=True)
                stages[rest.partition(" AS ")[2] or str(len(stages))] = image
            case "COPY":
                _copy(rest, image, stages, context, ignored)
            case "RUN":
                _run(rest, image, programs)
            case _:
                raise AssertionError(f"{dockerfile}: {name} is not known here")
    return image


def _note(name: str, rest: str, image: Image) -> None:
    match name:
        case "ENV":
            image.environment = image.environment | dict(part.split("=", 1) for part in shlex.split(rest))
        case "WORKDIR":
            image.workdir = rest
        case "USER":
            image.user = rest
        case "ENTRYPOINT":
            image.entrypoint = _list(rest)
        case "CMD":
            image.command = _list(rest)


def _copy(rest: str, image: Image, stages: dict[str, Image], context: Path, ignored: "_Ignored") -> None:
    *options, source, target = shlex.split(rest)
    origin = options[0].removeprefix("--from=") if options else None
    start = stages[origin].root if origin else context
    if origin is None:
        assert ignored.lets(source), f"{source} is left out by .dockerignore"
    found, place = start / source.lstrip("/"), image.root / target.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if found.is_dir():
        unwanted = shutil.ignore_patterns(*([] if origin else ["__pycache__", "Dockerfile"]))
        # Nothing changes a file of a stage that is done.
        copy = os.link if origin else shutil.copy2
        shutil.copytree(found, place, symlinks=True, ignore=unwanted, copy_function=copy)
    else:
        shutil.copy2(found, place)


def _run(script: str, image: Image, programs: Path) -> None:
    # A path of the image, at the start of a word, is one in the stage's folder.
    here = re.sub(r"(?<![\w./-])/(?=\w)", f"{image.root}/", script)
    needed = ("PIP_", "UV_", "HTTP", "SSL_", "HOME")
    kept = {name: value for name, value in os.environ.items() if name.startswith(needed)}
    environment = {**kept, "PATH": f"{programs}:/usr/bin:/bin", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        ["/bin/sh", "-ec", here], cwd=image.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"RUN {script}\n{done.stdout}\n{done.stderr}"


def _list(text: str) -> list[str]:
    return [part.strip().strip('"') for part in text.strip("[]").split(",")]


@dataclass(frozen=True)
class _Ignored:
    """The part of `.dockerignore` that ours uses: everything is ignored but the entries after a `!`.

    An empty entry lets everything in: there is no such file.
    """

    allowed: tuple[str, ...]

    def lets(self, source: str) -> bool:
        return any(not entry or source == entry or source.startswith(f"{entry}/") for entry in self.allowed)


def _allowed(file: Path) -> _Ignored:
    if not file.exists():
        return _Ignored(("",))
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    assert "*" in lines, f"{file} leaves nothing out"
    return _Ignored(tuple(line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")))
