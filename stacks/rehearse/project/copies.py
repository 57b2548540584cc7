"""Copies of the project in the rehearsal's folder: one a stack, whose synthesized files lead to the emulated AWS."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stacks
from stacks.charts.archives import FOLDER
from stacks.config.files import CONFIG_VARIABLE, DEFAULT_FILE
from stacks.rehearse.project.documents import (
    SECRET_KEY,
    RequestTarget,
    Schemas,
    check_endpoints,
    leave_out_unknown,
    redirect,
    set_provider_version,
)

_SETTINGS = "rehearsal.json"
_CODE = Path(stacks.__file__).parents[1]
"""Folder of our packages `stacks` and `services`."""

_MAIN = '''"""The stacks of a rehearsal, as they were synthesized once, with the endpoints of the emulated AWS."""

from pathlib import Path

from stacks.rehearse.project.copies import write_stacks

if __name__ == "__main__":
    write_stacks(Path(__file__).parent)
'''

_NO_PROXY = ("NO_PROXY", "no_proxy")

OVERRIDES = {
    # A destroy is part of the rehearsal, and AWS has no delegation of the domain to see.
    "PIPELINE_CLUSTER__DELETION_PROTECTION": "false",
    "PIPELINE_STORAGE__DELETION_PROTECTION": "false",
    "PIPELINE_CERTIFICATE": "false",
}


@dataclass(frozen=True, kw_only=True)
class RehearsalSettings:
    """Settings that all processes of a rehearsal share."""

    folder: Path
    account: str
    region: str
    overrides: Mapping[str, str] = field(default_factory=lambda: OVERRIDES)
    """Environment variables over the instance's config."""

    @property
    def cli_config(self) -> Path:
        return self.folder / "terraform.tfrc"

    @property
    def synthesized(self) -> Path:
        return self.folder / "synthesized"

    @property
    def schemas(self) -> Path:
        return self.folder / "schemas.json"

    def project(self, stack: str) -> Path:
        return self.folder / "projects" / stack

    def environment(self, endpoint: str, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment of a process that reaches the emulated AWS only, whatever the caller's is."""
        kept = {
            name: value
            for name, value in inherited.items()
            if not name.startswith(("AWS_", "CDKTF_", "TF_")) and name not in (CONFIG_VARIABLE, *self.overrides)
        }
        no_proxy = {name: f"{inherited.get(name, '')},127.0.0.1,localhost".lstrip(",") for name in _NO_PROXY}
        return {
            **kept,
            **no_proxy,
            **self.overrides,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "CDKTF_HOME": str(self.folder / "cdktf-home"),
            "CHECKPOINT_DISABLE": "1",
            # Terraform and its providers take a quarter less CPU: their garbage collector runs less often.
            "GOGC": "400",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_CODE), inherited.get("PYTHONPATH")])),
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
            "TF_IN_AUTOMATION": "1",
        }


def copy_project(config: Path, place: RehearsalSettings, stack: str, *, target: RequestTarget, provider: str) -> Path:
    """Make the folder from which a stack is deployed with `config`.

    `provider` is the version of the AWS provider.
    """
    copy = place.project(stack)
    copy.mkdir(parents=True)
    shutil.copy(config, copy / DEFAULT_FILE)
    (copy / "main.py").write_text(_MAIN, encoding="utf-8")
    ours = {"synthesized": str(place.synthesized), "schemas": str(place.schemas), "provider": provider}
    (copy / _SETTINGS).write_text(json.dumps({**ours, "target": vars(target)}), encoding="utf-8")
    return copy


def copy_folders(project: Path, copy: Path) -> None:
    """Copy the folders of a project that its stacks read: kept charts, and the team's own."""
    for folder in (FOLDER, "team"):
        if (project / folder).is_dir():
            shutil.copytree(project / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))


def write_stacks(copy: Path) -> None:
    """Write the synthesized stacks of a copy, each redirected. Raises: RehearsalError if one could reach real AWS."""
    settings = json.loads((copy / _SETTINGS).read_text(encoding="utf-8"))
    target = RequestTarget(**settings["target"])
    schemas = json.loads(Path(settings["schemas"]).read_text(encoding="utf-8"))
    outdir = Path(os.environ.get("CDKTF_OUTDIR") or copy / "cdktf.out")
    shutil.copytree(settings["synthesized"], outdir, dirs_exist_ok=True)
    for file in sorted(outdir.glob("stacks/*/cdk.tf.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        change_document(document, file.parent.name, target, provider=settings["provider"], schemas=schemas)
        file.write_text(json.dumps(document, indent=2), encoding="utf-8")


def change_document(
    document: dict[str, Any], stack: str, target: RequestTarget, *, provider: str, schemas: Schemas
) -> list[str]:
    """Redirect a stack, and return the arguments that this version of the AWS provider made us leave out.

    Raises: RehearsalError if it could reach real AWS, or if the provider is too old for it.
    """
    redirect(document, target)
    set_provider_version(document, provider)
    left_out = leave_out_unknown(stack, document, schemas)
    # Last: an argument that is left out must not be an endpoint.
    check_endpoints(stack, document)
    return left_out
