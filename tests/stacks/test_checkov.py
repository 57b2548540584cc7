"""checkov: no failure without a written reason.

It pins boto3 and more exactly, so that it lives in an environment of its own: `./noxw test` makes it and says in
CHECKOV where the program is.
"""

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support.synthesis import Synthesized

CHECKOV = os.environ.get("CHECKOV") or shutil.which("checkov")

REASONS = Path(__file__).with_name("checkov-reasons.toml")

_READABLE = ("resource", "data")
"""The blocks that checkov judges; it cannot read `terraform` with a `required_version`."""


@pytest.mark.skipif(CHECKOV is None, reason="needs checkov, which ./noxw test installs next to the tests")
def test_every_failure_has_a_reason(synthesized: dict[str, Synthesized], tmp_path: Path) -> None:
    for name, stack in synthesized.items():
        (tmp_path / name).mkdir()
        readable = {block: stack.document[block] for block in _READABLE if block in stack.document}
        (tmp_path / name / "cdk.tf.json").write_text(json.dumps(readable, indent=1), encoding="utf-8")
    command = [str(CHECKOV), "--framework=terraform_json", f"--directory={tmp_path}", "--output=json"]
    environment = {**os.environ, "LOG_LEVEL": "ERROR"}
    run = subprocess.run(
        [*command, "--quiet", "--compact", "--skip-download"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(run.stdout)
    assert answer["summary"]["parsing_errors"] == 0
    assert answer["summary"]["passed"] > 100
    failures: dict[str, list[str]] = {}
    for failure in answer["results"]["failed_checks"]:
        failures.setdefault(failure["check_id"], []).append(f"{failure['resource']}: {failure['check_name']}")
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    assert not {check: where for check, where in failures.items() if check not in reasons}
    assert set(reasons) == set(failures), "a reason that no failure needs any more"
