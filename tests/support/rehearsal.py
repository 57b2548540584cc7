"""A small project to rehearse: one stack after another in milliseconds, and a Terraform that notes its calls."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

_PIPELINE = """\
name = "thumbnails"
region = "ap-southeast-2"
account_id = "123456789012"
repository = "acme/thumbnails"
alert_email = "ops@example.com"
"""

_MAIN = """\
import json, os
from pathlib import Path

for stack, document in json.loads(Path("documents.json").read_text()).items():
    folder = Path(os.environ["CDKTF_OUTDIR"]) / "stacks" / stack
    folder.mkdir(parents=True)
    (folder / "cdk.tf.json").write_text(json.dumps(document))
"""

_TERRAFORM = """\
#!/bin/sh
echo "$1" >> {calls}
case "$*" in
    version*) echo '{{"terraform_version": "{version}"}}' ;;
    providers*) cat {schemas} ;;
    plan*)
        touch deploy.tfplan
        echo '{{"@message": "", "type": "planned_change", "change": {{"action": "create", \
"resource": {{"addr": "aws_queue.one", "resource_type": "aws_queue"}}}}}}'
        exit 2
        ;;
    apply*) touch {applies}; exec sleep 3600 ;;
    output*) echo '{{}}' ;;
esac
"""

_PROVIDER: dict[str, Any] = {"block": {"attributes": {"region": {}, "https_proxy": {}, "no_proxy": {}}}}
SCHEMAS = {
    "provider_schemas": {
        "registry.terraform.io/hashicorp/aws": {
            "provider": _PROVIDER,
            "resource_schemas": {"aws_queue": {"block": {"attributes": {"name": {}}}}},
            "data_source_schemas": {},
            "ephemeral_resource_schemas": {},
        }
    }
}


@dataclass(frozen=True)
class SmallProject:
    folder: Path

    @property
    def calls(self) -> list[str]:
        """Return the first argument of each call of Terraform."""
        file = self.folder / "calls"
        return file.read_text(encoding="utf-8").split() if file.exists() else []

    @property
    def applies(self) -> Path:
        """Return the file that Terraform makes when it applies; it then goes on for an hour."""
        return self.folder / "applies"

    def terraform(self, *, version: str = "1.11.4") -> str:
        """Write a Terraform with this version, and return its path."""
        script, schemas = self.folder / "terraform", self.folder / "schemas.json"
        schemas.write_text(json.dumps(SCHEMAS), encoding="utf-8")
        text = _TERRAFORM.format(calls=self.folder / "calls", applies=self.applies, schemas=schemas, version=version)
        script.write_text(text, encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)

    def start(self, *arguments: str, terraform: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "stacks.rehearse", "--project", str(self.folder), *arguments]
        return subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERRAFORM_BINARY_NAME": terraform},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def refusal(self, *arguments: str, terraform: str) -> str:
        """Return the sentence with which a rehearsal ends, and check that it is one."""
        with self.start(*arguments, terraform=terraform) as process:
            _, said = process.communicate()
        assert process.returncode == 1
        assert said.count("\n") == 1, said
        return said


def make_project(folder: Path, *, resources: dict[str, Any] | None = None, provider: str = "6.25.0") -> SmallProject:
    """Write a project with a bootstrap, a core and a workloads stack, which all have these resources."""
    folder.mkdir(exist_ok=True)
    document = {
        "terraform": {
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": provider}},
            "backend": {"s3": {"bucket": "state"}},
        },
        "provider": {"aws": [{"region": "ap-southeast-2"}]},
        "resource": resources or {"aws_queue": {"one": {"name": "one"}}},
    }
    documents = dict.fromkeys(("bootstrap", "core", "workloads"), document)
    (folder / "documents.json").write_text(json.dumps(documents), encoding="utf-8")
    (folder / "pipeline.toml").write_text(_PIPELINE, encoding="utf-8")
    (folder / "main.py").write_text(_MAIN, encoding="utf-8")
    return SmallProject(folder)
