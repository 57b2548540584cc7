"""The engine: lazy loading changes nothing, CDK Terrain gives the same, and stacks meet only through their outputs."""

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from stacks.config.reference import minimal_config
from stacks.core.outputs import CoreOutputs
from stacks.dns.outputs import DnsOutputs
from stacks.engine.loading import ENGINES, UnknownEngineError, install_lazy_loading
from tests.support.synthesis import STACKS, Synthesized, read_synthesized, synthesize

ROOT = Path(__file__).parents[2]

PUBLISHED = {
    stack: {field.name for field in fields(outputs)} for stack, outputs in (("core", CoreOutputs), ("dns", DnsOutputs))
}


@pytest.mark.parametrize("stack", STACKS)
def test_stack_state_is_in_s3_with_locking(stack: str, synthesized: dict[str, Synthesized]) -> None:
    terraform = synthesized[stack].document["terraform"]
    assert terraform["backend"]["s3"] == {
        "bucket": "thumbnails-tfstate-123456789012-ap-southeast-2",
        "encrypt": True,
        "key": f"thumbnails/{stack}.tfstate",
        "region": "ap-southeast-2",
        "use_lockfile": True,
    }
    assert terraform["required_version"] == ">= 1.11.0"


def test_main_prints_stacks_resources_and_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import stacks.app  # noqa: PLC0415 - it starts jsii's node

    (tmp_path / "pipeline.toml").write_text(minimal_config(), encoding="utf-8")
    stacks.app.main(tmp_path, {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["bootstrap", "core", "workloads", "monitoring", "4"]
    total = sum(int(line.split()[1]) for line in lines[:-1])
    assert re.fullmatch(rf"4 stacks, {total} resources, synthesized in \d+\.\d s: .*/cdktf\.out", lines[-1])


@pytest.mark.parametrize("stack", STACKS)
def test_stack_reads_of_others_only_what_they_publish(stack: str, synthesized: dict[str, Synthesized]) -> None:
    read_outputs = re.findall(r"data\.terraform_remote_state\.(\w+)\.outputs\.(\w+)", synthesized[stack].text)
    for other, name in read_outputs:
        assert name in PUBLISHED[other]
        assert name in synthesized[other].document["output"], (
            f"{stack} reads {name} of {other}, which has no such output"
        )
    assert "cross-stack-output" not in synthesized[stack].text


def test_outputs_are_described(synthesized: dict[str, Synthesized]) -> None:
    for stack in synthesized.values():
        for name, declared in stack.document.get("output", {}).items():
            assert declared.get("description"), f"{stack.stack}: {name}"


def test_every_resource_that_takes_tags_gets_ours(synthesized: dict[str, Synthesized]) -> None:
    for name, stack in synthesized.items():
        [provider] = stack.document["provider"]["aws"]
        [default] = provider["default_tags"]
        assert default["tags"] == {"pipeline": "thumbnails", "stack": name, "managed-by": "thumbnail-pipeline"}


def test_logical_ids_read_well(synthesized: dict[str, Synthesized]) -> None:
    """Refuse ids with a hash: they come from a nested construct, and move with it."""
    for stack in synthesized.values():
        for address in stack.all_resources():
            assert not re.search(r"[0-9A-F]{8}$", address), address


def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKS_ENGINE", "pulumi")
    with pytest.raises(UnknownEngineError, match=", ".join(ENGINES)):
        install_lazy_loading()


def test_main_prints_all_errors_and_no_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "PIPELINE_NAME": "X", "PIPELINE_REGION": "nowhere", "CDKTF_OUTDIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "2 values to fix" in run.stderr
    assert "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())


def test_cdk_terrain_gives_the_same_but_for_its_providers(tmp_path: Path) -> None:
    """Compare only the two libraries; `./noxw bench synth` compares lazy loading, which takes a minute."""
    environment = {**os.environ, "STACKS_ENGINE": "cdktn", "CDKTF_OUTDIR": str(tmp_path)}
    subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, check=True, timeout=500)
    terrain = read_synthesized(tmp_path)
    ours = synthesize(tomllib.loads((ROOT / "pipeline.toml").read_text(encoding="utf-8")))
    assert terrain.keys() == ours.keys()
    for name, stack in ours.items():
        assert comparable(terrain[name]) == comparable(stack)


def comparable(stack: Synthesized) -> object:
    """Return a stack without versions, and with a list where CDK Terrain's newer provider has one for the same block.

    Terraform reads `"metadata": {...}` and `"metadata": [{...}]` alike.
    """
    document = json.loads(stack.text)
    del document["terraform"]["required_providers"]
    del document["//"]["metadata"]["version"]
    for resource_type in ("kubernetes_namespace_v1", "kubernetes_role_v1"):
        for resource in document["resource"].get(resource_type, {}).values():
            if isinstance(resource["metadata"], dict):
                resource["metadata"] = [resource["metadata"]]
    return document
