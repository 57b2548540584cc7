"""`./noxw sbom`: the list of what a release contains."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pinned(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return {found[1] for line in lines if (found := re.match(r"([\w.-]+)==", line))}


@pytest.mark.timeout(600)
@pytest.mark.skipif(not shutil.which("npm"), reason="npm lists the packages of the dashboard")
def test_every_pinned_package_is_listed() -> None:
    # What it prints belongs to the report of a failure.
    subprocess.run([ROOT / "noxw", "sbom"], check=True, cwd=ROOT)
    for name in ("api", "worker", "stacks"):
        document = json.loads((ROOT / "dist" / f"sbom-{name}.cdx.json").read_text(encoding="utf-8"))
        assert {component["name"] for component in document["components"]} == pinned(name)
    dashboard = json.loads((ROOT / "dist" / "sbom-frontend.cdx.json").read_text(encoding="utf-8"))
    package = json.loads((ROOT / "services" / "frontend" / "package.json").read_text(encoding="utf-8"))
    listed = {component["purl"].rpartition("@")[0].replace("%40", "@") for component in dashboard["components"]}
    assert {f"pkg:npm/{name}" for name in package["dependencies"]} <= listed
