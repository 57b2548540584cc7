"""The OpenAPI document: what schemathesis makes of it, and what a client generator needs."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from services.api.app import make_app
from services.api.schema import openapi, reference
from services.api.schema.problem_types import PROBLEM_TYPES
from tests.services.api.process import NO_TLS, OPERATOR, Api, get, message
from tests.support.driver import PATIENCE_S

PROJECT = Path(__file__).parents[4]
GENERATED = PROJECT / "services" / "frontend" / "src" / "lib" / "api" / "openapi.json"
"""The document of this api, as test_what_is_generated_from_it_is_fresh checks."""

# Making it takes 0.7 s of CPU, in each process that collects this file.
DOCUMENT = json.loads(GENERATED.read_text(encoding="utf-8"))
OPERATIONS = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]

CHECKS = Path(__file__).with_name("schemathesis.toml")


def test_every_operation_keeps_to_the_document_whatever_is_asked(own_process: Api, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    # A process of its own, not schemathesis' plugin for pytest: that makes all requests while tests are collected, and
    # gives all operations one node id under pytest 9.2, of which pytest-xdist runs one.
    command = [
        *(sys.executable, "-m", "schemathesis.cli", f"--config-file={CHECKS}", "run", str(document)),
        *(
            f"--header=Authorization: Bearer {OPERATOR}",
            f"--url={own_process.url}",
            "--checks=all",
            f"--request-timeout={PATIENCE_S}",
        ),
        *("--phases=examples,coverage,fuzzing,stateful", "--max-examples=12", "--generation-deterministic"),
        *("--continue-on-failure", "--suppress-health-check=all", "--warnings=off", "--no-color"),
        *("--report=json", f"--report-json-path={tmp_path / 'report.json'}"),
    ]
    hooks = {"PYTHONPATH": str(PROJECT), "SCHEMATHESIS_HOOKS": "tests.services.api.schema.schemathesis_hooks"}

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, **hooks},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    tested = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["operations"]["tested"]
    assert tested == len(OPERATIONS)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_operation_is_named_and_tells_its_problems(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["operationId"].isidentifier()
    assert operation["summary"]
    problems = {status for status in operation["responses"] if status >= "400"}
    for status in problems - {"503"}:
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"], (method, path, status)


def test_every_problem_leads_to_its_description(api: Api) -> None:
    documented = {int(status) for _, _, operation in OPERATIONS for status in operation["responses"] if status >= "400"}
    assert documented <= set(PROBLEM_TYPES)
    page = get(f"{api.url}/docs/problems").text
    for path, method, status in (("/nowhere", "GET", 404), ("/api/config", "GET", 401), ("/health", "PATCH", 405)):
        answer = httpx.request(method, api.url + path, timeout=PATIENCE_S, trust_env=False, verify=NO_TLS)
        address, _, anchor = answer.json()["type"].partition("#")
        assert (answer.status_code, address) == (status, "/docs/problems")
        assert f'id="{anchor}"' in page
    assert "`" not in page


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_operation_has_samples_that_fit_its_schema(method: str, path: str, operation: dict[str, Any]) -> None:
    curl, python = (one["source"] for one in operation["x-codeSamples"])
    address, *options = shlex.split(curl.replace("\\\n", ""))[1:]
    pattern = re.escape(path).replace(r"\{key\}", "uploads/trip/harbour.mp4")
    assert re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), httpx.URL(address[13:]).path)
    assert ("Authorization: Bearer $PIPELINE_TOKEN" in options) == ("security" in operation)
    compile(python, "sample", "exec")
    assert httpx.URL(address[13:]).path in python
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = json.loads(options[options.index("--json") + 1])
        jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]}).validate(body)
        assert "string" not in json.dumps(body), "a field without an example"
    else:
        assert method == "get" or options[options.index("--request") + 1] == method.upper()


def test_python_samples_run_as_they_are(api: Api, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("PIPELINE_URL", api.url)
    monkeypatch.setenv("PIPELINE_TOKEN", OPERATOR)
    paths = DOCUMENT["paths"]
    for operation in (paths["/api/videos"]["get"], paths["/api/dead-letters/redrive"]["post"]):
        exec(operation["x-codeSamples"][1]["source"], {})  # noqa: S102 - the sample is ours
        assert json.loads(capsys.readouterr().out).keys() & {"items", "redriven"}


def test_the_reference_loads_only_from_the_api(api: Api) -> None:
    page = get(f"{api.url}/docs")
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    nonce = policy["script-src"]
    assert policy["style-src"] == nonce == f"'nonce-{page.text.split('nonce=' + chr(34))[1].split(chr(34))[0]}'"
    assert nonce not in get(f"{api.url}/docs").headers["Content-Security-Policy"], "a nonce serves one page"
    assert (policy["default-src"], policy["worker-src"]) == ("'none'", "blob:")
    assert "://" not in page.text
    script = get(f"{api.url}/docs/redoc.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "public, max-age=86400"
    assert "redoc.standalone.js" in script.text[:200]
    # Redoc's badge asks a CDN for a logo, and its first style element has no nonce.
    assert "cdn." not in script.text
    assert [script.text.count(one) for one in ("data:,", "n.nc=document.currentScript.nonce")] == [1, 1]


def test_texts_that_are_no_markdown_have_no_backticks() -> None:
    titles = [operation["summary"] for _, _, operation in OPERATIONS]
    titles += [one["description"] for _, _, operation in OPERATIONS for one in operation["responses"].values()]
    assert not [title for title in titles if "`" in title]
    assert {tag for _, _, operation in OPERATIONS for tag in operation["tags"]} <= set(openapi.TAGS)


def test_a_refused_method_names_the_allowed_ones(operator: httpx.Client) -> None:
    allowed = {path: operator.patch(path).headers["Allow"] for path in ("/health", "/api/session", "/api/uploads")}
    assert allowed == {"/health": "GET", "/api/session": "DELETE, GET, POST", "/api/uploads": "POST"}


def test_a_part_of_a_video_allows_only_its_own_methods(operator: httpx.Client) -> None:
    prefix = "/api/videos/{key}"
    parts = {path: operations for path, operations in DOCUMENT["paths"].items() if path.startswith(f"{prefix}/")}
    assert len(parts) == 5
    for path, operations in parts.items():
        for method in {"GET", "PATCH", "DELETE"} - {name.upper() for name in operations}:
            refused = operator.request(method, path.format(key="uploads/a.mp4"))
            allowed = ", ".join(sorted(name.upper() for name in operations))
            assert (refused.status_code, refused.headers["Allow"]) == (405, allowed), (method, path)
    assert operator.get(prefix.format(key="uploads/retry.mp4")).status_code == 404
    assert operator.get(prefix.format(key="uploads/retry/a.mp4")).status_code == 404


def test_unknown_parameters_are_refused_by_name(operator: httpx.Client) -> None:
    refused = operator.get("/api/videos", params={"limit": 5, "staet": "failed"})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["field"], error["value"]) == ("query.staet", '"failed"')
    assert error["rule"].endswith("q, reason_code, since, state, until, with_thumbnails")
    assert operator.post("/api/dead-letters/redrive?limit=1", json={}).status_code == 422
    assert operator.get("/health?at=1").status_code == 200


def test_every_operation_refuses_parameters_outside_the_document(operator: httpx.Client) -> None:
    for method, path, operation in OPERATIONS:
        refused = operator.request(method, path.replace("{", "").replace("}", ""), params={"other": "1"})
        if path.startswith("/health"):
            assert refused.status_code == 200
            continue
        taken = sorted(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")
        rule = f"is not a parameter; the operation takes {', '.join(taken) or 'none'}"
        assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, rule), (method, path)


def test_a_repeated_parameter_is_refused(operator: httpx.Client) -> None:
    refused = operator.get("/api/videos?q=harbour&q=dawn")
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["rule"]) == (422, "query.q", "is given more than once")


def test_a_broken_rule_shows_the_value_but_no_token(operator: httpx.Client) -> None:
    (error,) = operator.get("/api/videos?limit=900").json()["errors"]
    assert (error["field"], error["value"]) == ("query.limit", '"900"')
    (error,) = operator.post("/api/session", json={"token": "x" * 600}).json()["errors"]
    assert (error["field"], "value" in error) == ("body.token", False)


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_messages_of_the_socket_are_as_the_document_says(api: Api) -> None:
    validator = jsonschema_rs.validator_for(
        {**DOCUMENT["components"]["schemas"]["State"], "components": DOCUMENT["components"]}
    )
    with api.socket() as socket:
        for _ in range(3):
            validator.validate(message(socket))


def test_the_document_is_whole() -> None:
    text = json.dumps(DOCUMENT)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(DOCUMENT["components"]["schemas"])
    assert {"Problem", "State", "VideoDetails", "WholeTicket", "PartsTicket"} <= set(DOCUMENT["components"]["schemas"])


def test_what_is_generated_from_it_is_fresh() -> None:
    page = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    assert page == reference.api_reference(), "run ./noxw generate"
    document = GENERATED.read_text(encoding="utf-8")
    assert document == openapi.format_document(make_app()), "run ./noxw generate"
