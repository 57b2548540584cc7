"""Many stacks checked by one `terraform validate`, with the schemas of the providers that are on this machine.

A provider comes from a plug-in mirror, in the pinned version or another one. Resources of a provider that is in none
become `terraform_data`, Terraform's builtin resource, which takes anything as its `input`; references to them become
references to that. Terraform then still checks references, functions and dependencies.

Each stack is a module of one configuration, so that Terraform starts once and asks a provider for its schemas once.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stacks.rehearse.providers import (
    MirroredProvider,
    UnknownAttribute,
    find_provider_mirrors,
    unknown_attributes,
    without_attributes,
    write_cli_config,
)

PROVIDERS = ("aws", "helm", "kubernetes")

_META = {"depends_on", "count", "for_each", "lifecycle", "provider", "connection", "provisioner", "//"}
_TEMPLATE = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")


@dataclass(frozen=True)
class Checked:
    """The answer of one `terraform validate`."""

    problems: Mapping[str, list[str]]
    """Problems that Terraform found, by the name of the stack's module."""
    left_out: Mapping[str, list[UnknownAttribute]]
    """Arguments that the provider at hand, of another version than the pinned one, does not know."""


@cache
def providers_at_hand() -> Mapping[str, MirroredProvider]:
    """Return the newest provider of each name in a mirror; none if Terraform itself is not on this machine."""
    if shutil.which("terraform") is None:
        return {}
    found = {f"hashicorp/{name}": name for name in PROVIDERS}
    newest: dict[str, MirroredProvider] = {}
    for provider in find_provider_mirrors():
        if provider.source in found:
            newest.setdefault(found[provider.source], provider)
    return newest


def describe_providers() -> str:
    """Return a line that says which provider checks its resources, and which are mapped."""
    at_hand = providers_at_hand()
    return ", ".join(
        f"{name} {at_hand[name].version}" if name in at_hand else f"{name} in no mirror (mapped to terraform_data)"
        for name in PROVIDERS
    )


def validate(stacks: Mapping[str, Mapping[str, Any]], folder: Path, *, newer: Collection[str] = ()) -> Checked:
    """Check stacks, by names for their modules, in an empty folder.

    `newer` names arguments that are left out if the provider at hand, of another version than the pinned one, does not
    know them.
    """
    at_hand = providers_at_hand()
    missing = [name for name in PROVIDERS if name not in at_hand]
    modules = {name: as_module(stack, missing) for name, stack in stacks.items()}
    pinned = _pinned(modules.values())
    environment = {
        **os.environ,
        "CHECKPOINT_DISABLE": "1",
        # The garbage of the provider's schemas, collected less often: a quarter less CPU time.
        "GOGC": "400",
        "TF_CLI_CONFIG_FILE": str(write_cli_config(folder, list(at_hand.values()), versions=pinned)),
    }

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["terraform", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    _write(folder, modules)
    initialized = run("init", "-backend=false", "-input=false", "-no-color")
    assert initialized.returncode == 0, initialized.stderr
    left_out: dict[str, list[UnknownAttribute]] = {name: [] for name in modules}
    if newer and any(pinned.get(one.source) != one.version for one in at_hand.values()):
        schemas = json.loads(run("providers", "schema", "-json").stdout)
        for name, module in modules.items():
            left_out[name] = [one for one in unknown_attributes(schemas, module) if str(one) in newer]
        _write(folder, {name: without_attributes(module, left_out[name]) for name, module in modules.items()})
    problems: dict[str, list[str]] = {name: [] for name in modules}
    for one in json.loads(run("validate", "-no-color", "-json").stdout)["diagnostics"]:
        module = one["range"]["filename"].split("/")[0]
        problems[module].append(f"{one['summary']}: {one['detail']} ({one['snippet']['context']})")
    return Checked(problems, left_out)


def as_module(stack: Mapping[str, Any], mapped: Iterable[str]) -> dict[str, Any]:
    """Return a stack as a module, with the resources of these providers as `terraform_data`."""
    types = "|".join(mapped) or "(?!)"
    of_mapped = re.compile(rf"(?:{types})_")
    names: dict[str, str] = {}
    blocks: dict[str, Any] = {}
    built: dict[str, Any] = {key: stack[key] for key in ("output", "variable") if key in stack}
    built_locals: dict[str, Any] = dict(stack.get("locals", {}))
    for kind, prefix in (("resource", ""), ("data", "data."), ("ephemeral", "ephemeral.")):
        for resource_type, named in stack.get(kind, {}).items():
            if not of_mapped.match(resource_type):
                built.setdefault(kind, {})[resource_type] = named
                continue
            for name, arguments in named.items():
                address = f"{prefix}{resource_type}.{name}"
                names[address] = re.sub(r"[^\w-]", "__", address)
                write_only = {key for key in arguments if key.endswith("_wo")}
                # `terraform_data` takes no ephemeral values, locals do.
                built_locals |= {f"{names[address]}__{key}": arguments[key] for key in write_only}
                block = {"input": {key: arguments[key] for key in arguments.keys() - _META - write_only}}
                block |= {key: arguments[key] for key in ("depends_on", "count", "for_each") if key in arguments}
                blocks[names[address]] = block
    for provider, configs in stack.get("provider", {}).items():
        if provider in mapped:
            blocks[f"provider_{provider}"] = {"input": configs}
        else:
            built.setdefault("provider", {})[provider] = configs
    if built_locals:
        built["locals"] = built_locals
    if blocks:
        built.setdefault("resource", {})["terraform_data"] = blocks
    required = {name: one for name, one in stack["terraform"]["required_providers"].items() if name not in mapped}
    built["terraform"] = {"required_providers": required, "required_version": stack["terraform"]["required_version"]}
    reference = re.compile(rf"(?<![\w.\"-])(?:data\.|ephemeral\.)?(?:{types})_[a-z0-9_]+\.[A-Za-z_][\w-]*")
    rewritten: dict[str, Any] = _rewritten(built, reference, lambda found: names.get(found, f"UNDECLARED_{found}"))
    return rewritten


def _rewritten(value: Any, address: re.Pattern[str], name: Callable[[str], str], *, bare: bool = False) -> Any:
    match value:
        case dict():
            return {
                key: _rewritten(entry, address, name, bare=key == "depends_on")
                for key, entry in value.items()
                if key != "//"
            }
        case list():
            return [_rewritten(entry, address, name, bare=bare) for entry in value]
        case str() if bare:
            return f"terraform_data.{name(value)}" if address.fullmatch(value) else value
        case str():
            return _TEMPLATE.sub(
                lambda template: address.sub(lambda found: f"terraform_data.{name(found[0])}.output", template[0]),
                value,
            )
    return value


def _pinned(modules: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the version that the stacks pin, by the source of its provider."""
    return {
        f"hashicorp/{name}": one["version"]
        for module in modules
        for name, one in module["terraform"]["required_providers"].items()
    }


def _write(folder: Path, modules: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the modules and a root that has them all.

    Terraform starts a process for each provider block, half a second of CPU. Of blocks with the same arguments one is
    kept, and the other modules inherit a block of the root.
    """
    kept: dict[str, object] = {}
    for name, module in modules.items():
        blocks = module.get("provider", {})
        shape = json.dumps({provider: [sorted(one) for one in configs] for provider, configs in blocks.items()})
        if kept.setdefault(shape, name) != name:
            module = {key: value for key, value in module.items() if key != "provider"}  # noqa: PLW2901
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "cdk.tf.json").write_text(json.dumps(module, indent=1), encoding="utf-8")
    root = {"module": {name: {"source": f"./{name}"} for name in modules}}
    (folder / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
