"""Terraform providers that are already on this machine, and the attributes that one of them does not know.

A mirror has the layout of Terraform's `filesystem_mirror`, unpacked: `<host>/<namespace>/<type>/<version>/<platform>/`.
https://developer.hashicorp.com/terraform/cli/config/config-file#explicit-installation-method-configuration
"""

import copy
import json
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HOST = "registry.terraform.io"
_SEARCH_DEPTH = 4
"""Folders below the root that are searched, as in `/opt/terraform/plugins/<host>`: 3,000 folders in 0.1 s."""

_NOT_SEARCHED = ("dev", "proc", "run", "sys", "tmp")
_CONFIGURED = re.compile(r'(?:filesystem_mirror\s*\{[^}]*?path|plugin_cache_dir)\s*=\s*"([^"]+)"')
_META_ARGUMENTS = frozenset(
    {"//", "alias", "connection", "count", "depends_on", "dynamic", "for_each", "lifecycle", "provider", "provisioner"}
)
_BLOCKS = {
    "resource": "resource_schemas",
    "data": "data_source_schemas",
    "ephemeral": "ephemeral_resource_schemas",
}


@dataclass(frozen=True, kw_only=True)
class MirroredProvider:
    """One version of a provider in a mirror, for the platform of this machine."""

    source: str
    """Address as in `required_providers`, without the host: `hashicorp/aws`."""
    version: str
    folder: Path
    """Folder of the binary."""


@dataclass(frozen=True)
class UnknownAttribute:
    """An argument of a stack that the provider's schema does not have. Its text is `aws_eks_cluster.some_argument`."""

    path: tuple[str | int, ...]
    """Keys and indexes that lead to it in the stack."""

    def __str__(self) -> str:
        kind, block_type, *rest = self.path
        names = rest if kind == "provider" else rest[1:]
        shown = [str(name) for name in names if not isinstance(name, int)]
        return ".".join([f"provider {block_type}" if kind == "provider" else str(block_type), *shown])


def find_provider_mirrors(
    environment: Mapping[str, str] = os.environ, root: Path = Path("/")
) -> tuple[MirroredProvider, ...]:
    """Return every provider in a mirror on this machine that runs here, by source, the newest version first.

    Mirrors are searched in Terraform's CLI configuration, its plugin cache, the folders where it looks by itself, and
    a few folders below `root`.
    """
    ours = platform_name()
    found: dict[tuple[str, str], MirroredProvider] = {}
    for mirror in _mirrors(environment, root):
        for folder in mirror.glob(f"{_HOST}/*/*/*/{ours}"):
            if next(folder.glob("terraform-provider-*"), None):
                namespace, name, version, _ = folder.parts[-4:]
                provider = MirroredProvider(source=f"{namespace}/{name}", version=version, folder=folder)
                found.setdefault((provider.source, version), provider)
    newest_first = sorted(found.values(), key=lambda provider: version_key(provider.version), reverse=True)
    return tuple(sorted(newest_first, key=lambda provider: provider.source))


def version_key(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, to compare with those of another."""
    return tuple(map(int, re.findall(r"\d+", version)))


def write_cli_config(
    folder: Path, mirrors: Sequence[MirroredProvider], *, versions: Mapping[str, str] | None = None
) -> Path:
    """Write a CLI configuration that installs these providers, and return its path, for `TF_CLI_CONFIG_FILE`.

    `versions` maps a source to the version under which Terraform finds the provider: the stacks pin one exactly. Of two
    providers under one version the first counts. Terraform installs all others from their registry.
    """
    mirror = folder / "mirror"
    for provider in mirrors:
        version = (versions or {}).get(provider.source, provider.version)
        link = mirror / _HOST / provider.source / version / platform_name()
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(provider.folder.resolve(), target_is_directory=True)
    if not mirrors:
        return _write_config(folder, [])
    sources = json.dumps(sorted({f"{_HOST}/{provider.source}" for provider in mirrors}))
    blocks = [
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = {sources}\n  }}",
        f"  direct {{\n    exclude = {sources}\n  }}",
    ]
    return _write_config(folder, ["provider_installation {", *blocks, "}"])


def unknown_attributes(schemas: Mapping[str, Any], stack: Mapping[str, Any]) -> list[UnknownAttribute]:
    """Return the arguments in a `cdk.tf.json` that are in no schema; blocks of a type without a schema are omitted.

    `schemas` is the answer of `terraform providers schema -json`.
    """
    known = schemas["provider_schemas"]
    unknown: list[UnknownAttribute] = []
    for kind, field in _BLOCKS.items():
        block_types = {name: one for provider in known.values() for name, one in provider.get(field, {}).items()}
        for block_type, named in stack.get(kind, {}).items():
            if block_type in block_types:
                for name, block in named.items():
                    paths = _unknown(block_types[block_type]["block"], block, (kind, block_type, name))
                    unknown += map(UnknownAttribute, paths)
    for source, schema in known.items():
        name = source.rpartition("/")[2]
        for index, block in enumerate(stack.get("provider", {}).get(name, [])):
            paths = _unknown(schema["provider"]["block"], block, ("provider", name, index))
            unknown += map(UnknownAttribute, paths)
    return unknown


def without_attributes(stack: Mapping[str, Any], attributes: Sequence[UnknownAttribute]) -> dict[str, Any]:
    """Return a copy of a stack without these arguments."""
    changed: dict[str, Any] = copy.deepcopy(dict(stack))
    for attribute in attributes:
        place: Any = changed
        for key in attribute.path[:-1]:
            place = place[key]
        del place[attribute.path[-1]]
    return changed


def _write_config(folder: Path, lines: Sequence[str]) -> Path:
    file = folder / "terraform.tfrc"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def _mirrors(environment: Mapping[str, str], root: Path) -> Iterator[Path]:
    home = Path(environment.get("HOME", root))
    config = Path(environment.get("TF_CLI_CONFIG_FILE") or home / ".terraformrc")
    if config.is_file():
        yield from map(Path, _CONFIGURED.findall(config.read_text(encoding="utf-8")))
    if environment.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(environment["TF_PLUGIN_CACHE_DIR"])
    yield home / ".terraform.d" / "plugins"
    for data in environment.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":"):
        yield Path(data) / "terraform" / "plugins"
    yield from _search(root, _SEARCH_DEPTH)


def _search(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = [entry for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for entry in entries:
        if entry.name == _HOST:
            yield folder
        elif depth > 1 and not (depth == _SEARCH_DEPTH and entry.name in _NOT_SEARCHED):
            yield from _search(Path(entry.path), depth - 1)


def platform_name() -> str:
    """Return Terraform's name of this machine's platform, such as `linux_amd64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def _unknown(
    schema: Mapping[str, Any], value: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    attributes, blocks = schema.get("attributes", {}), schema.get("block_types", {})
    for name, content in value.items():
        inner = blocks[name] if name in blocks else attributes.get(name, {}).get("nested_type")
        if inner:
            for steps, one in _blocks_in(content, inner["nesting_mode"]):
                yield from _unknown(inner.get("block", inner), one, (*path, name, *steps))
        elif name not in attributes and name not in _META_ARGUMENTS:
            yield (*path, name)


def _blocks_in(content: Any, nesting: str) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Yield the blocks in a value with their keys: JSON has one block as an object, or several as a list."""
    if isinstance(content, list):
        for index, one in enumerate(content):
            yield from (((index, *steps), block) for steps, block in _blocks_in(one, nesting))
    elif isinstance(content, dict) and nesting == "map":
        yield from (((key,), one) for key, one in content.items() if isinstance(one, dict))
    elif isinstance(content, dict):
        yield (), content
