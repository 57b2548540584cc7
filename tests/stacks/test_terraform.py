"""Terraform itself reads every stack: references, functions, dependencies. No provider is downloaded.

Each resource becomes a `terraform_data`, Terraform's builtin one, which takes anything as its `input`; references to
resources become references to these. What only a provider knows (its arguments) CDKTF's classes have checked before.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.synthesis import MATRIX, STACKS, Synthesized, synthesize

terraform = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="needs Terraform, which no package index has: install it to run these"
)

_META = {"depends_on", "count", "for_each", "lifecycle", "provider", "connection", "provisioner", "//"}
_KEPT = ("output", "locals", "variable")
_ADDRESS = re.compile(r"(?<![\w.\"-])(?:data\.|ephemeral\.)?(?:aws|kubernetes|helm)_[a-z0-9_]+\.[A-Za-z_][\w-]*")
_TEMPLATE = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")


def as_builtin(document: dict[str, Any]) -> dict[str, Any]:
    """Return the stack in terms of `terraform_data`."""
    names: dict[str, str] = {}
    blocks: dict[str, Any] = {}
    remote: dict[str, Any] = {}
    for kind, prefix in (("resource", ""), ("data", "data."), ("ephemeral", "ephemeral.")):
        for resource_type, named in document.get(kind, {}).items():
            if resource_type == "terraform_remote_state":
                remote = {"terraform_remote_state": named}
                continue
            for name, arguments in named.items():
                address = f"{prefix}{resource_type}.{name}"
                names[address] = re.sub(r"[^\w-]", "__", address)
                block = {"input": {key: value for key, value in arguments.items() if key not in _META}}
                block |= {key: arguments[key] for key in ("depends_on", "count", "for_each") if key in arguments}
                blocks[names[address]] = block
    for provider, configs in document.get("provider", {}).items():
        blocks[f"provider_{provider}"] = {"input": configs}
    kept = {key: document[key] for key in _KEPT if key in document}
    built = {"resource": {"terraform_data": blocks}, **kept}
    if remote:
        built["data"] = remote
    rewritten: dict[str, Any] = _rewritten(built, lambda address: names.get(address, f"UNDECLARED_{address}"))
    return rewritten


def _rewritten(value: Any, name: Callable[[str], str], *, bare: bool = False) -> Any:
    match value:
        case dict():
            return {
                key: _rewritten(entry, name, bare=key == "depends_on") for key, entry in value.items() if key != "//"
            }
        case list():
            return [_rewritten(entry, name, bare=bare) for entry in value]
        case str() if bare:
            return value if value.startswith("data.terraform_remote") else f"terraform_data.{name(value)}"
        case str():
            return _TEMPLATE.sub(
                lambda template: _ADDRESS.sub(lambda address: f"terraform_data.{name(address[0])}.output", template[0]),
                value,
            )
    return value


def problems(stack: Synthesized, folder: Path) -> list[str]:
    (folder / "cdk.tf.json").write_text(json.dumps(as_builtin(stack.document)), encoding="utf-8")
    (folder / "terraformrc").write_text("", encoding="utf-8")
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(folder / "terraformrc")}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["terraform", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    initialized = run("init", "-backend=false", "-input=false", "-no-color")
    assert initialized.returncode == 0, initialized.stderr
    answer = json.loads(run("validate", "-no-color", "-json").stdout)
    return [f"{one['summary']}: {one['detail']}" for one in answer["diagnostics"]]


@terraform
@pytest.mark.parametrize("stack", STACKS)
def test_terraform_finds_nothing(stack: str, synthesized: dict[str, Synthesized], tmp_path: Path) -> None:
    assert problems(synthesized[stack], tmp_path) == []


@terraform
@pytest.mark.parametrize("name", sorted(set(MATRIX) - {"with-domain"}))
def test_terraform_finds_nothing_in_the_other_configs(name: str, tmp_path: Path) -> None:
    for stack in synthesize(MATRIX[name]).values():
        folder = tmp_path / stack.stack
        folder.mkdir()
        assert problems(stack, folder) == []


@terraform
def test_a_reference_to_nothing_is_found(core: Synthesized, tmp_path: Path) -> None:
    broken = Synthesized("core", json.loads(core.text.replace("aws_vpc.vpc.id", "aws_vpc.gone.id")), "")
    assert any("UNDECLARED" in problem or "undeclared" in problem for problem in problems(broken, tmp_path))
