"""A machine of a test: a project's folder, and programs that only note what they are asked."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacks.config.model import PipelineConfig

if TYPE_CHECKING:
    from boto3 import Session

ACCOUNT = "123456789012"
"""The account that moto plays."""


_MAIN = """\
import os
from pathlib import Path

for stack in ("bootstrap", "core", "workloads", "dns", "monitoring", "team-alarms", "team-audit"):
    folder = Path(os.environ["CDKTF_OUTDIR"]) / "stacks" / stack
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cdk.tf.json").write_text('{"resource": {"terraform_data": {"one": {}}}}')
    certificate = os.environ.get("PIPELINE_CERTIFICATE")
    (folder / "certificate").write_text(f"certificate={certificate}" if certificate else "")
"""
"""Writes the stacks, and the certificate of the config for the record."""

_TERRAFORM = """\
#!/bin/sh
case "$*" in
    version*) echo '{{"terraform_version": "1.11.4"}}' ;;
    plan*)
        case "$*" in *-destroy) set destroy delete ;; *) set deploy create ;; esac
        echo "$*" > deploy.tfplan
        printf '{{"@message": "", "type": "planned_change", "change": {{"action": "%s", ' "$2"
        printf '"resource": {{"addr": "terraform_data.one", "resource_type": "terraform_data"}}}}}}\\n'
        exit 2
        ;;
    show*)
        read -r _ action < "$3"
        printf '{{"resource_changes": [{{"address": "terraform_data.one", "type": "terraform_data", "mode": "managed", '
        printf '"change": {{"actions": ["%s"]}}}}], ' "$action"
        printf '"configuration": {{"root_module": {{"resources": [{{"address": "terraform_data.one"}}]}}}}}}'
        ;;
    apply*)
        read -r verb _ < deploy.tfplan
        echo "terraform $verb $(basename "$PWD") $(cat certificate)" >> {log}
        exit {status}
        ;;
    output*) echo '{{}}' ;;
esac
"""
"""Terraform of the bench: it plans one resource, and applies nothing."""


@dataclass(frozen=True)
class Bench:
    """A folder with a project, and a folder with programs, which is the whole PATH."""

    project: Path
    programs: Path
    log: Path

    def program(self, name: str, *, says: str = "", status: int = 0, folder: Path | None = None) -> Path:
        """Write a program that records its arguments and the config's certificate, and prints something."""
        script = (folder or self.programs) / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(
            "#!/bin/sh\n"
            f'echo "{name} $* ${{PIPELINE_CERTIFICATE:+certificate=$PIPELINE_CERTIFICATE}}" >> {self.log}\n'
            f"printf '%s\\n' '{says}'\nexit {status}\n",
            encoding="utf-8",
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return script

    def terraform(self, *, status: int = 0) -> None:
        """Write a `main.py` that synthesizes, and a Terraform that records what it applies: `terraform deploy core`."""
        (self.project / "main.py").write_text(_MAIN, encoding="utf-8")
        script = self.programs / "terraform"
        self.programs.mkdir(exist_ok=True)
        script.write_text(_TERRAFORM.format(log=self.log, status=status), encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)

    def asked(self, *programs: str) -> list[str]:
        """Return the recorded calls of the programs, in order."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [line.strip() for line in lines if line.split()[0] in programs]


def config(**values: Any) -> PipelineConfig:
    minimal = {
        "name": "thumbnails",
        "region": "ap-southeast-2",
        "account_id": ACCOUNT,
        "repository": "acme/thumbnails",
        "alert_email": "ops@example.com",
        "image_tag": "1.0.5",
    }
    return PipelineConfig.model_validate({**minimal, **values})


def store_state(session: "Session", stack: str, **outputs: Any) -> None:
    """Store a Terraform state of the instance `thumbnails` with one resource and outputs; make its bucket if needed."""
    s3, bucket = session.client("s3"), f"thumbnails-tfstate-{ACCOUNT}-ap-southeast-2"
    if bucket not in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    values = {name: {"value": value} for name, value in outputs.items()}
    state = {"outputs": values, "resources": [{"mode": "managed", "type": "aws_route53_zone"}]}
    s3.put_object(Bucket=bucket, Key=f"thumbnails/{stack}.tfstate", Body=json.dumps(state).encode())


def manifest(note: str = "") -> str:
    """Return an image manifest that ECR takes; another note makes another image."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {}, "layers": [], "note": note})
