"""Access: roles, logins, sessions, origins."""

import base64
import functools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from services.api.app import make_app
from services.api.live.sockets import POLICY_VIOLATION
from services.api.schema import openapi
from tests.services.api.process import OPERATOR, PREVIOUS, VIEWER, Api, end_of, get, message, running
from tests.services.api.records import store
from tests.support.driver import eventually
from tests.support.place import Place

READS = [
    "/api/config",
    "/api/cost",
    "/api/dead-letters",
    "/api/deliveries",
    "/api/history",
    "/api/logs",
    "/api/metrics",
    "/api/pods",
    "/api/processing",
    "/api/purge",
    "/api/purges",
    "/api/jobs",
    "/api/queue",
    "/api/reconciliations",
    "/api/session",
    "/api/settings",
    "/api/state",
    "/api/thumbnails",
    "/api/videos",
    "/api/videos/counts",
    "/api/webhooks",
]
OPEN_PAGES = ["/docs", "/docs/manifest-1.schema.json", "/docs/problems", "/docs/redoc.js", "/openapi.json"]
PART = {"number": 1, "etag": "x"}
ACTIONS = [
    ("DELETE", "/api/purge", None),
    ("POST", "/api/purges", {"confirmation": "x"}),
    ("DELETE", "/api/purges/purge-1", None),
    ("POST", "/api/jobs", {"kind": "retry", "keys": ["uploads/a.mp4"]}),
    ("POST", "/api/jobs/abc123/undo", None),
    ("DELETE", "/api/jobs/abc123", None),
    ("POST", "/api/dead-letters/redrive", {}),
    ("POST", "/api/deliveries/delivery-1/replays", None),
    ("PUT", "/api/processing", {"paused": False}),
    ("POST", "/api/reconciliations", {}),
    ("DELETE", "/api/reconciliations/2026", None),
    ("POST", "/api/test", None),
    ("POST", "/api/uploads", {"name": "a.mp4", "size_bytes": 1}),
    ("POST", "/api/uploads/abort", {"key": "uploads/a.mp4", "upload_id": "x"}),
    (
        "POST",
        "/api/uploads/complete",
        {"key": "uploads/a.mp4", "upload_id": "x", "parts": [PART]},
    ),
    ("POST", "/api/uploads/part-urls", {"key": "uploads/a.mp4", "upload_id": "x", "numbers": [1]}),
    ("DELETE", "/api/videos/uploads/a.mp4", None),
    ("POST", "/api/videos/uploads/a.mp4/dismissal", None),
    ("DELETE", "/api/videos/uploads/a.mp4/dismissal", None),
    ("POST", "/api/videos/uploads/a.mp4/regenerations", None),
    ("PATCH", "/api/videos/uploads/a.mp4", {"poster": {"time_s": 1}}),
    ("POST", "/api/videos/uploads/a.mp4/restoration", None),
    ("POST", "/api/videos/uploads/a.mp4/retry", None),
    ("POST", "/api/webhooks/webhook-1/replays", {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}),
    ("POST", "/api/webhooks/webhook-1/tests", None),
]
SIGNED = [("POST", "/api/videos/{key}/frame-urls")]
"""Operations of viewers that sign and change nothing: tests/services/api/test_frame_urls.py."""

ADMIN = [
    ("POST", "/api/tokens"),
    ("GET", "/api/tokens"),
    ("DELETE", "/api/tokens/{token_id}"),
    ("POST", "/api/webhooks"),
    ("PATCH", "/api/webhooks/{webhook_id}"),
    ("DELETE", "/api/webhooks/{webhook_id}"),
    ("POST", "/api/webhooks/{webhook_id}/secrets"),
]
"""Operations of admins: tests/services/api/access/test_api_tokens.py, tests/services/api/webhooks/test_webhooks.py."""

OPEN = [
    ("GET", "/health"),
    ("GET", "/health/ready"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("GET", "/t/{key}/{number}.jpg"),
]
"""Operations without a login: the probes, the login itself, the logout, and pictures, whose URLs are signed."""


@pytest.mark.parametrize("path", READS)
def test_every_read_needs_only_a_login(api: Api, viewer: httpx.Client, path: str) -> None:
    with api.client(token=None) as anybody:
        refused = anybody.get(path)
    assert (refused.status_code, refused.headers["Content-Type"]) == (401, "application/problem+json")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert viewer.get(path).status_code == 200


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_the_documentation_needs_no_login(api: Api, path: str) -> None:
    assert get(api.url + path).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), ACTIONS)
def test_actions_need_an_operator(api: Api, viewer: httpx.Client, method: str, path: str, body: Any) -> None:
    with api.client(token=None) as anybody:
        assert anybody.request(method, path, json=body).status_code == 401
    refused = viewer.request(method, path, json=body)
    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")
    assert "operator" in refused.json()["detail"]


def test_every_operation_of_the_document_has_its_role() -> None:
    document = openapi.build_document(make_app())
    operations = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    pages = {("GET", path) for path in READS if path.startswith("/api/")}
    named = {"uploads/a.mp4": "{key}", "purge-1": "{purge_id}", "abc123": "{job_id}", "2026": "{identity}"}
    named |= {"delivery-1": "{delivery_id}", "webhook-1": "{webhook_id}"}
    actions = {
        (method, functools.reduce(lambda shown, one: shown.replace(*one), named.items(), path))
        for method, path, _ in ACTIONS
    }
    # Tests of their own: they need a video, a purge, a job or a reconciliation.
    names = ("videos/{key}", "purges/{purge_id}", "jobs/{job_id}", "reconciliations/{identity}")
    details = {("GET", f"/api/{name}") for name in names}
    assert operations == pages | actions | details | set(SIGNED) | set(ADMIN) | set(OPEN)


def test_details_of_a_video_need_only_a_login(shared_place: Place, api: Api, viewer: httpx.Client) -> None:
    record = store(shared_place, "uploads/for every role.mp4")
    with api.client(token=None) as anybody:
        assert anybody.get(f"/api/videos/{record.key}").status_code == 401
    assert viewer.get(f"/api/videos/{record.key}").status_code == 200


@pytest.mark.parametrize("path", ["/api/purges/purge-1", "/api/jobs/abc123"])
def test_purges_and_jobs_are_shown_to_every_login(api: Api, viewer: httpx.Client, path: str) -> None:
    with api.client(token=None) as anybody:
        assert anybody.get(path).status_code == 401
    assert viewer.get(path).status_code == 404


@pytest.mark.parametrize("token", ["wrong", OPERATOR[:-1], OPERATOR + "x", "ü" * 20])
def test_a_wrong_token_is_refused(api: Api, token: str) -> None:
    with api.client(token=None) as client:
        address = f"10.0.0.{len(token)}".encode()
        headers = {b"Authorization": f"Bearer {token}".encode(), b"X-Forwarded-For": address}
        assert client.get("/api/config", headers=headers).status_code == 401


def test_login_sets_an_http_only_cookie_until_logout(api: Api) -> None:
    with api.client(token=None) as browser:
        answer = browser.post("/api/session", json={"token": VIEWER}, headers={"X-Forwarded-Proto": "https"})
        assert answer.json()["role"] == "viewer"
        cookie = answer.headers["Set-Cookie"]
        for attribute in ("HttpOnly", "SameSite=strict", "Secure", "Path=/", "Max-Age=604800"):
            assert attribute in cookie
        assert VIEWER not in cookie
        assert "max-age" in answer.headers["Strict-Transport-Security"]

        plain = browser.post("/api/session", json={"token": OPERATOR})
        assert "Secure" not in plain.headers["Set-Cookie"]
        assert browser.get("/api/session").json()["role"] == "operator"
        # The time of the cookie, in whole seconds, and not another reading of the clock.
        assert browser.get("/api/session").json()["expires_at"] == plain.json()["expires_at"]

        assert browser.delete("/api/session").status_code == 204
        assert browser.get("/api/session").status_code == 401


def cookie_of(browser: httpx.Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


def test_a_logout_ends_one_session_in_every_process(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path) as api, running(place, tmp_path) as replica:
        with api.client(token=None) as browser, replica.client(token=None) as other_browser:
            for client in (browser, other_browser):
                client.post("/api/session", json={"token": OPERATOR}).raise_for_status()
            copied, other = cookie_of(browser), cookie_of(other_browser)

            def status(api: Api, headers: dict[str, str]) -> int:
                return get(f"{api.url}/api/config", headers=headers).status_code

            assert [status(one, copied) for one in (api, replica)] == [200, 200]
            sockets = [one.socket(token=None, headers=copied) for one in (api, replica)]
            with api.socket(token=None, headers=other) as staying, sockets[0], sockets[1]:
                assert browser.delete("/api/session").status_code == 204
                assert status(api, copied) == 401
                eventually(lambda: status(replica, copied) == 401, "the end of the session in the other process")
                assert [end_of(one) for one in sockets] == [POLICY_VIOLATION] * 2
                assert message(staying)["type"] == "state"
            assert [status(one, other) for one in (api, replica)] == [200, 200]
        with running(place, tmp_path) as restarted:
            assert [status(restarted, headers) for headers in (copied, other)] == [401, 200]


def test_a_cookie_that_was_changed_is_refused(api: Api) -> None:
    with api.client(token=None) as browser:
        browser.post("/api/session", json={"token": VIEWER})
        (name,) = browser.cookies
        cookie = browser.cookies[name]
    forged = base64.urlsafe_b64encode(b'"0123456789abcdef"').decode() + cookie[cookie.index(".") :]
    for wrong in (cookie[:-2], cookie.upper(), forged, "x"):
        assert get(f"{api.url}/api/config", cookies={name: wrong}).status_code == 401


def test_ten_wrong_tokens_delay_only_their_own_address(api: Api) -> None:
    def attempt(token: str, address: str) -> httpx.Response:
        # Only the last address comes from the proxy; anybody can claim those before it.
        headers = {"X-Forwarded-For": f"10.9.9.9, {address}"}
        with api.client(token=None) as client:
            return client.post("/api/session", json={"token": token}, headers=headers)

    def refuse() -> httpx.Response | None:
        # Every six seconds one more is allowed.
        answer = attempt("wrong", "10.1.1.1")
        return answer if answer.status_code == 429 else None

    assert [attempt("wrong", "10.1.1.1").status_code for _ in range(10)] == [401] * 10
    assert int(eventually(refuse, "the limit").headers["Retry-After"]) > 0
    assert attempt("wrong", "10.1.1.2").status_code == 401
    assert attempt(OPERATOR, "10.1.1.1").status_code == 200
    with api.client(OPERATOR, **{"X-Forwarded-For": "10.1.1.1"}) as client:
        assert client.get("/api/session").status_code == 200
    eventually(refuse, "the limit")


def test_two_tokens_are_valid_and_sessions_end_with_theirs(place: Place, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(json.dumps({"operator": [PREVIOUS]}))
    settings = {"AUTH_TOKENS": "", "AUTH_TOKEN_FILE": str(tokens)}
    with running(place, tmp_path, **settings) as api, api.client(token=None) as browser:
        browser.post("/api/session", json={"token": PREVIOUS})

        def status(token: str) -> int:
            with api.client(token) as client:
                return client.get("/api/session").status_code

        assert status(OPERATOR) == 401
        tokens.write_text(json.dumps({"operator": [OPERATOR, PREVIOUS]}))
        eventually(lambda: status(OPERATOR) == 200, "the new token")
        assert (status(PREVIOUS), browser.get("/api/session").status_code) == (200, 200)
        tokens.write_text("{ broken")
        assert status(OPERATOR) == 200
        tokens.write_text(OPERATOR)
        eventually(lambda: status(PREVIOUS) in (401, 429), "the end of the old token")
        assert browser.get("/api/session").status_code == 401
        assert OPERATOR not in api.log.read_text()
        assert PREVIOUS not in api.log.read_text()


def test_a_socket_closes_when_its_session_ends(place: Place, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(PREVIOUS)
    settings = {"AUTH_TOKENS": "", "AUTH_TOKEN_FILE": str(tokens)}
    with running(place, tmp_path, **settings) as api, api.client(token=None) as browser:
        browser.post("/api/session", json={"token": PREVIOUS})
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        with api.socket(token=None, headers={"Cookie": cookie}) as listening:
            assert message(listening)["type"] == "state"
            tokens.write_text(OPERATOR)
            assert end_of(listening) == POLICY_VIOLATION


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://dash.example", "X-Forwarded-Host": "dash.example", "X-Forwarded-Proto": "https"}, 409),
        ({"Origin": "http://dash.example", "X-Forwarded-Host": "dash.example", "X-Forwarded-Proto": "https"}, 403),
        ({"Origin": "https://dash.example", "X-Forwarded-Host": "dash.example"}, 403),
        ({"Origin": "dash.example", "X-Forwarded-Host": "dash.example"}, 403),
        ({"Origin": "OWN"}, 409),
        ({}, 409),
    ],
)
def test_pages_of_other_sites_may_not_act(
    api: Api, operator: httpx.Client, headers: dict[str, str], status: int
) -> None:
    headers = {name: api.url if value == "OWN" else value for name, value in headers.items()}
    # 409: it was let in, and there are no test videos.
    assert operator.post("/api/test", headers=headers).status_code == status


def test_a_socket_needs_a_login_and_own_origin(api: Api) -> None:
    with pytest.raises(InvalidStatus) as nobody:
        api.socket(token=None)
    with pytest.raises(InvalidStatus) as foreign:
        api.socket(origin="https://evil.example")
    assert [refused.value.response.status_code for refused in (nobody, foreign)] == [401, 403]
    assert json.loads(nobody.value.response.body or b"")["title"] == "Unauthorized"

    with api.client(token=None) as browser:
        browser.post("/api/session", json={"token": VIEWER})
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with api.socket(token=None, origin=api.url, headers={"Cookie": cookie}) as socket:
        assert message(socket)["type"] == "state"


def test_a_public_url_allows_only_its_own_origin(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path, API_PUBLIC_URL="https://dash.example") as api, api.client() as operator:

        def status(origin: str) -> int:
            # The load balancer sends the host on; an attacker's page can be any page of http://dash.example.
            headers = {"Host": "dash.example", "X-Forwarded-Proto": "https", "Origin": origin}
            return operator.post("/api/dead-letters/redrive", json={}, headers=headers).status_code

        assert [status("https://dash.example"), status("HTTPS://Dash.example")] == [200, 200]
        assert [status("http://dash.example"), status("https://dash.example:8443"), status("null")] == [403] * 3
        with api.socket(origin="https://dash.example") as socket:
            assert message(socket)["type"] == "state"
        with pytest.raises(InvalidStatus) as foreign:
            api.socket(origin="http://dash.example", headers={"X-Forwarded-Proto": "https"})
        assert foreign.value.response.status_code == 403


def test_every_answer_carries_security_headers(api: Api) -> None:
    for path in ("/health", "/api/config", "/nowhere"):
        headers = get(api.url + path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert "Server" not in headers


def test_without_access_control_everybody_is_an_operator(place: Place, tmp_path: Path) -> None:
    with running(place, tmp_path, AUTH_MODE="none", AUTH_TOKENS="") as api, api.client(token=None) as anybody:
        assert anybody.get("/api/session").json()["role"] == "operator"
        assert anybody.post("/api/dead-letters/redrive", json={}).status_code == 200
        # Still no foreign page: the browser of someone in the network would lend it its hand.
        assert (
            anybody.post("/api/dead-letters/redrive", json={}, headers={"Origin": "https://evil.example"}).status_code
            == 403
        )
