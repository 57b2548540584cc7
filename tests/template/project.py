"""A repository with this checkout as its newest version, one made to be older, and the last release, if any.

A second one has the files of the template alone: Copier clones a repository for each instance and twice for each
update, and most of the tests install no package.
"""

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from services.contract.version import VERSION

ROOT = Path(__file__).parents[2]

PREVIOUS, THIS = "v0.0.1", f"v{VERSION}"


@dataclass(frozen=True)
class Project:
    folder: Path
    released: str | None
    """Tag of the last release before this version, as it was; None before the first."""

    def commit(self, tag: str) -> str:
        return git(self.folder, "rev-parse", f"{tag}^{{commit}}")


def make_project(folder: Path) -> Project:
    """Make a repository: its last version is this checkout, committed or not; the first is an older one.

    If it is there already, return it. What no instance needs is left out: tests, docs and benchmarks.
    """
    files = [file for file in _files_of_checkout() if not file.startswith(("tests/", "docs/", "benchmarks/"))]
    return _make(folder, files, _last_release())


def make_template(folder: Path) -> Project:
    """Make a repository like that of `make_project`, of what Copier reads only, and without the last release."""
    inside = [file for file in _files_of_checkout() if file.startswith("template/")]
    links = [ROOT / file for file in inside if (ROOT / file).is_symlink()]
    targets = {str(link.resolve().relative_to(ROOT)) for link in links}
    versions = ["pyproject.toml", "services/contract/version.py"]
    return _make(folder, [*inside, *sorted(targets), *versions, "copier.yml"], None)


def _make(folder: Path, files: list[str], released: str | None) -> Project:
    if folder.exists():
        return Project(folder, released)
    unfinished = folder.with_name(f"{folder.name}-unfinished")
    unfinished.mkdir()
    git(unfinished, "init", "--quiet", "--initial-branch=main")
    _copy(files, unfinished)
    _make_older(unfinished)
    _commit(unfinished, PREVIOUS)
    if released:
        git(unfinished, "rm", "-r", "--quiet", ".")
        _unpack(released, unfinished)
        _commit(unfinished, released)
        git(unfinished, "rm", "-r", "--quiet", ".")
    _copy(files, unfinished)
    _commit(unfinished, THIS)
    unfinished.rename(folder)
    return Project(folder, released)


def git(folder: Path, *arguments: str) -> str:
    author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    command = [shutil.which("git") or "git", *author, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def _files_of_checkout() -> list[str]:
    """Return everything that git would commit here."""
    return git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()


def _copy(files: list[str], folder: Path) -> None:
    for file in files:
        source, target = ROOT / file, folder / file
        if not source.is_symlink() and not source.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


def _last_release() -> str | None:
    """Return the newest tag of a lower version that is an ancestor of this checkout."""
    tags = git(ROOT, "tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname").splitlines()
    return next((tag for tag in tags if _numbers(tag) < _numbers(THIS)), None)


def _numbers(tag: str) -> tuple[int, ...]:
    return tuple(map(int, tag[1:].split(".")))


def _unpack(tag: str, folder: Path) -> None:
    packed = folder.with_name(f"{tag}.tar")
    git(ROOT, "archive", f"--output={packed}", tag)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="tar")


def _make_older(folder: Path) -> None:
    """Undo parts of a version: in the package, in every kind of file of the template, a file, a session."""
    for file in ("pyproject.toml", "services/contract/version.py"):
        replace(folder / file, f'"{THIS[1:]}"', f'"{PREVIOUS[1:]}"')
    template = folder / "template"
    replace(template / ".github" / "workflows" / "ci.yml", "    timeout-minutes: 30\n", "    timeout-minutes: 20\n")
    replace(template / "README.md.jinja", "## Check it\n\n```sh\n./noxw lint test synth\n```\n\n", "")
    replace(template / "noxfile.py", 'nox.options.sessions = ["lint", "test", "synth"]\n', "")
    replace(template / "team" / "alarms.py", "evaluation_periods=5", "evaluation_periods=3")
    (template / ".pre-commit-config.yaml").unlink()
    (template / "ruff.toml").write_text("line-length = 120\n", encoding="utf-8")


def _commit(folder: Path, tag: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={tag}")
    git(folder, "tag", "--annotate", tag, f"--message={tag}")
