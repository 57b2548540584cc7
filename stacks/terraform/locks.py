"""Lock files of Terraform's providers: in the instance's folder `terraform-locks/`, one a stack.

Terraform wants `.terraform.lock.hcl` next to a stack, and the synthesized folder is not committed. So a run copies the
lock file there before `init`, and back after it. In a workflow (`CI=true`) Terraform only reads it
(`-lockfile=readonly`). https://developer.hashicorp.com/terraform/language/files/dependency-lock
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from stacks.terraform.errors import TerraformError

FOLDER = "terraform-locks"
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_arm64")

_LOCK = ".terraform.lock.hcl"
_BLOCK = re.compile(r'^provider "(?P<source>[^"]+)" \{\n(?P<body>.*?)^\}\n', re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_EXACT = re.compile(r"=?\s*(\d+(?:\.\d+)*)")
_HEADER = (
    "# Versions and checksums of Terraform's providers. `./noxw locks` writes those of all platforms. Commit it.\n"
)


class LockError(TerraformError):
    """A lock file does not fit the stack, or cannot be written; the message says which and what to do."""


def place_lock(project: Path, folder: Path, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Copy the lock file that the project keeps into the folder of its stack; return the arguments of `init` for it.

    An entry of another version than the stack pins is omitted, so that Terraform chooses again.

    Raises: LockError in a workflow if there is such an entry, or if one is missing.
    """
    kept = _kept(project, folder)
    if not kept.is_file():
        return ()
    blocks = _read_blocks(kept)
    fitting = {source: block for source, block in blocks.items() if _fits(block, _required(folder).get(source))}
    if environment.get("CI") == "true":
        if fitting.keys() != _required(folder).keys() or fitting != blocks:
            raise LockError(
                f"{kept} does not fit the providers of {folder.name}: run `./noxw locks` on your machine and commit "
                f"{FOLDER}/."
            )
        (folder / _LOCK).write_text(_format(fitting), encoding="utf-8")
        return ("-lockfile=readonly",)
    (folder / _LOCK).write_text(_format(fitting), encoding="utf-8")
    return ()


def keep_lock(
    project: Path, folder: Path, *, say: Callable[[str], None], environment: Mapping[str, str] = os.environ
) -> None:
    """Copy the lock file of an initialized stack into the project, and say so if it changed. A workflow keeps none."""
    if environment.get("CI") != "true" and _store(project, folder):
        text = _kept(project, folder).read_text(encoding="utf-8")
        # Checksums of the registry (zh) hold on every platform, those of an installed package (h1) on its own only.
        other = "" if '"zh:' in text else " It has checksums of this platform only: `./noxw locks` adds the others."
        say(f"{FOLDER}/{folder.name}.lock.hcl pins the providers of {folder.name}: commit it.{other}")


def lock_providers(
    project: Path, folders: Iterable[Path], *, say: Callable[[str], None], mirror: Path | None = None
) -> None:
    """Write the lock files of synthesized stacks for all platforms, from the registry or from a mirror.

    Raises: LockError if Terraform cannot.
    """
    binary = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    source = [f"-fs-mirror={mirror.resolve()}"] if mirror else []
    for folder in folders:
        place_lock(project, folder, {})
        command = [binary, "providers", "lock", *source, *(f"-platform={one}" for one in PLATFORMS)]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and our own arguments
                [*command, "-no-color"],
                cwd=folder,
                env={**os.environ, "CHECKPOINT_DISABLE": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise LockError(f"Terraform is needed and `{binary}` is not on the PATH: install it.") from None
        if done.returncode != 0:
            raise LockError(f"Terraform could not lock the providers of {folder.name}:\n{done.stderr.strip()}")
        if _store(project, folder):
            say(f"{FOLDER}/{folder.name}.lock.hcl pins the providers of {folder.name}: commit it.")


def _store(project: Path, folder: Path) -> bool:
    """Copy the lock file of a stack into the project; return whether that changed anything."""
    written, kept = folder / _LOCK, _kept(project, folder)
    text = _format(_read_blocks(written)) if written.is_file() else None
    if text is None or (kept.is_file() and kept.read_text(encoding="utf-8") == text):
        return False
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(text, encoding="utf-8")
    return True


def _kept(project: Path, folder: Path) -> Path:
    return project / FOLDER / f"{folder.name}.lock.hcl"


def _required(folder: Path) -> dict[str, str]:
    """Return the version constraint of each provider in a synthesized stack, by its address as in a lock file."""
    stack = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    return {
        _address(one["source"]): one.get("version", "") for one in stack["terraform"]["required_providers"].values()
    }


def _address(source: str) -> str:
    parts = source.split("/")
    return "/".join([*("registry.terraform.io", "hashicorp", "")[: 3 - len(parts)], *parts])


def _fits(block: str, constraint: str | None) -> bool:
    """Return whether a lock's entry may stay: Terraform itself checks constraints that are not one exact version."""
    if constraint is None:
        return False
    exact, locked = _EXACT.fullmatch(constraint), _VERSION.search(block)
    return locked is not None and (exact is None or exact[1] == locked[1])


def _read_blocks(file: Path) -> dict[str, str]:
    return {match["source"]: match[0] for match in _BLOCK.finditer(file.read_text(encoding="utf-8"))}


def _format(blocks: Mapping[str, str]) -> str:
    return "\n".join([_HEADER, *(blocks[source] for source in sorted(blocks))])
