"""The documentation: links lead somewhere, commands exist and run, and every alarm says what to do."""

import inspect
import json
import os
import re
import subprocess
import tomllib
import unicodedata
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

import pytest
from pydantic import BaseModel

from services.aws.queue import DeadLetterQueue
from services.contract.records import ReasonCode
from stacks.monitoring.alarms import list_alarms
from stacks.monitoring.metrics import PipelineMetrics
from stacks.naming import Names
from tests.support import package_graph
from tests.support.bench import config

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for folder in (ROOT, ROOT / "docs", ROOT / "benchmarks", ROOT / "examples")
    for page in (folder.rglob("*.md") if folder != ROOT else folder.glob("*.md"))
)
INSTANCE_PAGES = {
    "template/README.md.jinja",
    "README.md",
    "SECURITY.md",
    "docs/upgrading.md",
    "docs/getting-started.md",
}
"""Whose commands are given in an instance, or partly so."""

RUN = {
    "config": "image_tag = ",
    "cost --videos 10000": "10,000 videos a month",
}
"""Commands that cost little and need no network: they are run as they stand."""

_OF_AN_INSTANCE = "tests/template/test_instance.py"
_OF_A_DEPLOYMENT = "an AWS account: tests/stacks/deploy has programs that record calls in place of Terraform and docker"
_FOR_MINUTES = "many minutes of a machine"

RUN_ELSEWHERE = {
    "reconcile": "tests/services/client/test_commands.py",
    "demo": _OF_AN_INSTANCE,
    "lint": _OF_AN_INSTANCE,
    "test": _OF_AN_INSTANCE,
    "synth": _OF_AN_INSTANCE,
    "new": "tests/template/test_render.py",
    "check-update": "tests/template/test_update.py",
    "update": "tests/template/test_update.py",
    "extract": "tests/services/worker/test_extract_command.py",
    "sbom": "tests/test_sbom.py",
    "completion": "tests/services/client/test_completion.py",
    "upload": "tests/services/client/test_commands.py",
    "videos": "tests/services/client/test_commands.py",
    "processing": "tests/services/client/test_commands.py",
    "scaling": "tests/stacks/scaling/test_scaling_command.py",
}
"""Commands that another test runs, by its file."""

NOT_RUN = {
    "diff": _OF_A_DEPLOYMENT,
    "deploy": _OF_A_DEPLOYMENT,
    "destroy": _OF_A_DEPLOYMENT,
    "images": _OF_A_DEPLOYMENT,
    "rehearse": "CI runs it, after these tests",
    "smoke": "a deployed instance: tests/stacks/deploy/test_smoke.py has a pipeline of real processes in its place",
    "charts": "it asks the public chart repositories: tests/stacks/charts has a server in place of them",
    "locks": "it asks the registry of providers: tests/stacks/terraform has a mirror in place of it",
    "frontend": "CI runs it, after these tests",
    "e2e": "CI runs it, after these tests",
    "types": "CI runs it, before these tests",
    "bench": _FOR_MINUTES,
    "conformance": "tests/benchmarks/test_conformance.py calls what it starts, with tiny films",
    "fuzz": "tests/fuzz/test_fuzz.py tries 80 contents of each target",
    "faults": "tests/faults/test_faults.py runs two seeds",
    "mutation": _FOR_MINUTES,
    "model": "tests/model/test_model.py runs 1,000 schedules",
    "lighthouse": _FOR_MINUTES,
    "screenshots": _FOR_MINUTES,
    "soak": _FOR_MINUTES,
    "generate": "it writes; tests compare the pages that it makes with the code",
    "lock": "it asks the package registry",
    "audit": "it asks the registries for known vulnerabilities",
    "release": "it runs these tests: what it asks before and after is in tests/test_release.py",
}
"""Commands that no test runs as they stand: what they take, or why."""

FOREIGN_MESSAGES = ("| Terraform:", "| GitHub:")
"""Rows of the troubleshooting page whose messages are those of other programs."""

PARTS = (
    "tasks",
    "services/api",
    "services/aws",
    "services/client",
    "services/contract",
    "services/worker",
    "services/frontend/src",
    "services/frontend/e2e",
    "services/frontend/scripts",
    "stacks",
    "tests",
)

LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\./noxw (-s )?([a-z][\w-]*(?: [a-z][\w-]*)*)")
CHECKS = re.findall(r"^@nox\.session.*\"check\".*\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE)


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def sessions_of_commands(text: str) -> list[str]:
    """Return the sessions of the commands in a text: of `./noxw lint types`, `./noxw deploy all`, `./noxw -s lint`."""
    found: list[str] = []
    for long_form, given in COMMAND.findall(text):
        words = given.split()
        found += words if long_form else list(takewhile(CHECKS.__contains__, words)) or words[:1]
    return found


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to headings."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL), re.MULTILINE):
        kept = [c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN"]
        found.add("".join(kept).replace(" ", "-"))
    return found


def sessions(*files: Path) -> set[str]:
    text = "".join(map(text_of, files))
    named = re.findall(r'@nox\.session\(name="([\w-]+)"', text)
    return set(re.findall(r"@nox\.session.*\ndef (\w+)\(", text)) | set(named)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(without_code(text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / unquote(file)).resolve() if file else page
        assert target.exists(), f"{relative(page)}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{relative(page)}: {link}"


def test_the_page_on_security_names_each_threat_once() -> None:
    threats = re.findall(r"^\| ([^|]+) \|", text_of(ROOT / "docs" / "security.md"), re.MULTILINE)
    named = [threat for threat in threats if threat not in {"threat", "---"}]
    assert len(named) > 40
    assert sorted(named) == sorted(set(named))


def test_the_page_on_security_names_files_that_exist() -> None:
    there_are = [f"/{path.relative_to(ROOT).as_posix()}" for part in PARTS for path in (ROOT / part).rglob("*.*")]
    named = re.findall(r"`([\w/.-]+\.(?:py|ts))`", text_of(ROOT / "docs" / "security.md"))
    assert len(named) > 40
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there_are)] == []


def test_each_row_on_security_names_tests_without_doubt() -> None:
    files = [f"/{relative(path)}" for part in PARTS for path in (ROOT / part).rglob("*.test.ts*")]
    files += [f"/{relative(path)}" for path in (ROOT / "tests").rglob("test_*.py")]
    tables = re.findall(
        r"^\|.*\| test \|\n\|[-| ]+\|\n((?:\|.*\n)+)", text_of(ROOT / "docs" / "security.md"), re.MULTILINE
    )
    rows = [row.strip("|").split("|") for table in tables for row in table.splitlines()]
    assert len(rows) > 40
    for first, *_, tests in rows:
        named = re.findall(r"`([\w/.-]*test[\w.]*\.(?:py|ts))`", tests)
        assert named, f"no test of: {first}"
        for name in named:
            assert len([path for path in files if path.endswith(f"/{name}")]) == 1, f"{name}: {first}"


def test_readme_shows_figures_of_the_performance_page() -> None:
    readme = text_of(ROOT / "README.md")
    table = text_of(ROOT / "docs" / "performance.md").splitlines()
    rows = {(cells[1], cells[2]): cells for line in table if len(cells := [c.strip() for c in line.split("|")]) == 17}
    headings, medium, long = (
        rows[key] for key in (("video", "length"), ("h264 mp4, GOP 2 s", "591 s"), ("h264 mp4, GOP 2 s", "7399 s"))
    )
    ours, ffmpeg, keyframes, read, requests = map(headings.index, ("ours ms", "A ms", "B ms", "MB read", "requests"))
    assert f"{medium[ours]} ms, ffmpeg {int(medium[ffmpeg]):,} ms" in readme
    assert f"it takes {medium[keyframes]} ms" in readme
    assert f"{float(long[read]):.1f} MB in {long[requests]} requests" in readme


def test_readme_is_short_and_its_picture_is_small() -> None:
    assert len(text_of(ROOT / "README.md").splitlines()) <= 180
    assert (ROOT / "docs" / "images" / "overview.webp").stat().st_size < 200_000
    assert (ROOT / "docs" / "images" / "demo.webp").stat().st_size < 1_000_000


def test_badges_agree_with_the_project() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    versions = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    images = ROOT / "docs" / "images"
    assert f">{versions[0]} to {versions[-1]}<" in text_of(images / "badge-python.svg")
    assert f">{project['license']}<" in text_of(images / "badge-licence.svg")


def test_architecture_page_names_paths_that_exist() -> None:
    page = text_of(ROOT / "docs" / "architecture.md")
    named = re.findall(r"`((?:services|stacks|tests|template|benchmarks)/[\w/.-]*)`", page)
    examples = {"services/worker/extraction/containers/ogg/"}
    assert len(named) > 60
    assert [path for path in named if path not in examples and not (ROOT / path).exists()] == []


def test_picture_of_packages_is_fresh() -> None:
    stored = text_of(ROOT / "docs" / "images" / "packages.svg")
    assert stored == package_graph.draw() + "\n", "run ./noxw generate"


def test_table_of_changes_has_enough_rows() -> None:
    table = text_of(ROOT / "docs" / "architecture.md").partition("## Where to change what")[2].partition("\n## ")[0]
    assert table.count("\n| ") >= 2 + 15


def test_pre_commit_runs_tasks_that_exist() -> None:
    entries = re.findall(r"entry: (.+)", text_of(ROOT / ".pre-commit-config.yaml"))
    scripts = json.loads(text_of(ROOT / "services" / "frontend" / "package.json"))["scripts"]
    tasks = {f"./noxw {session}" for session in sessions(ROOT / "noxfile.py")}
    tasks |= {f"npm --prefix services/frontend run --silent {script}" for script in scripts}
    assert {"./noxw lint", "npm --prefix services/frontend run --silent format:check"} <= set(entries) <= tasks


def test_every_page_is_in_the_index() -> None:
    index = text_of(ROOT / "docs" / "README.md")
    linked = {(ROOT / "docs" / link).resolve() for link in LINK.findall(index)}
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.name != "README.md"}
    assert pages <= linked, sorted(map(relative, pages - linked))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "template" / "README.md.jinja"], ids=relative)
def test_commands_name_sessions_that_exist(page: Path) -> None:
    known = set() if "template" in relative(page) else sessions(ROOT / "noxfile.py", ROOT / "tasks" / "development.py")
    if relative(page) in INSTANCE_PAGES:
        known |= sessions(ROOT / "template" / "noxfile.py")
    unknown = set(sessions_of_commands(text_of(page))) - known
    assert not unknown, f"{relative(page)}: ./noxw {' '.join(unknown)}"


def test_documented_commands_run_or_are_listed_as_exceptions() -> None:
    given = {
        session
        for page in [*PAGES, ROOT / "template" / "README.md.jinja"]
        for session in sessions_of_commands(text_of(page))
    }
    run = {command.partition(" ")[0] for command in RUN}
    assert given == run | RUN_ELSEWHERE.keys() | NOT_RUN.keys()
    for session, file in RUN_ELSEWHERE.items():
        assert f'"{session}"' in text_of(ROOT / file), f"{file} does not run {session}"


@pytest.mark.parametrize("command", RUN)
def test_commands_of_the_docs_do_what_they_say(command: str) -> None:
    assert any(f"./noxw {command}" in re.sub(r"(?<=noxw) -s| --(?= )", "", text_of(page)) for page in PAGES), command
    foreign = ("PIPELINE_", "NOX", "VIRTUAL_ENV", "PYTHONPATH", "DOMAIN_NAME", "ALERT_EMAIL", "S3_BUCKET_NAME")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        [str(ROOT / "noxw"), *command.split()],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert RUN[command] in done.stdout
    assert "nox > " not in done.stdout


def test_messages_on_the_troubleshooting_page_are_the_real_ones() -> None:
    files = [
        *(ROOT / "services").glob("[!f]*/**/*.py"),
        *(ROOT / "stacks").rglob("*.py"),
        *(ROOT / "services" / "frontend" / "src" / "text").rglob("*.ts"),
        *ROOT.glob("nox*"),
        *(ROOT / "tasks").glob("*.py"),
    ]
    # A message may continue on the next line of the source.
    source = re.sub(r'"\s*\n\s*f?"', "", "\n".join(text_of(file) for file in files if file.is_file()))
    lines = text_of(ROOT / "docs" / "troubleshooting.md").splitlines()
    messages = [
        line.split(" | ")[0] for line in lines if line.startswith("| ") and not line.startswith(FOREIGN_MESSAGES)
    ]
    pieces = [
        piece.strip() for message in messages for code in re.findall(r"`([^`]+)`", message) for piece in code.split("…")
    ]
    assert len(pieces) > 40
    assert [piece for piece in pieces if len(piece) >= 8 and piece not in source] == []


def runbooks() -> dict[str, str]:
    page = text_of(ROOT / "docs" / "operating.md")
    return dict(re.findall(r"^### (\S+)\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL))


def test_every_alarm_explains_meaning_and_action() -> None:
    chapters = runbooks()
    metrics = PipelineMetrics(Names(config()), load_balancer="app/thumbnails/1")
    wanted = {f"thumbnails-{alarm.name}" for alarm in list_alarms(config(), metrics)}
    assert set(chapters) == wanted
    for name, chapter in chapters.items():
        for part in ("**Means:**", "**Look at**", "**Do:**"):
            assert part in chapter, f"{name} has no {part}"


def test_every_field_in_a_runbook_exists() -> None:
    sections = {name: dict(section) for name, section in config() if isinstance(section, BaseModel)}
    known = {"keda", *dict(config()), *(field for section in sections.values() for field in section)}
    known |= {f"{name}.{field}" for name, section in sections.items() for field in section}
    known |= {*ReasonCode, *inspect.signature(DeadLetterQueue.put).parameters}
    known |= set(re.findall(r"^\| `([A-Z_]+)` ", text_of(ROOT / "docs" / "settings.md"), re.MULTILINE))

    named = {name for text in runbooks().values() for name in re.findall(r"`([a-z_.]+|[A-Z_]+)`", text)}
    assert len(named) > 25
    assert sorted(named - known) == []
