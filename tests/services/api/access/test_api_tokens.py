"""API tokens: what each scope allows, and what remains of a token."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.api.access import api_tokens, shared_document
from services.api.access.api_tokens import ApiTokenStore
from services.api.schema.problems import ConflictError
from services.aws.shared import SharedItems
from services.contract.resources import API_TOKENS_KEY
from tests.services.api.process import Api
from tests.support.driver import eventually
from tests.support.place import Place


def create(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/tokens", json={"name": "website", "scope": "read", **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def shared_items(place: Place) -> SharedItems:
    return SharedItems(place.clients.dynamodb, place.resources.table.name)


@pytest.fixture
def shared(place: Place, monkeypatch: pytest.MonkeyPatch) -> SharedItems:
    monkeypatch.setattr(shared_document, "_FRESH_S", 0)
    monkeypatch.setattr(shared_document, "_PATIENCE_S", 60)
    monkeypatch.setattr(shared_document, "_FIRST_PATIENCE_S", 60)
    return shared_items(place)


@pytest.mark.parametrize(
    ("scope", "role", "statuses"),
    [("read", "viewer", [200, 403, 403]), ("act", "operator", [200, 404, 403]), ("admin", "operator", [200, 404, 200])],
)
def test_each_scope_allows_what_it_says(
    api: Api, operator: httpx.Client, scope: str, role: str, statuses: list[int]
) -> None:
    token = create(operator, name=f"the {scope} one", scope=scope)["token"]
    with api.client(token) as program:
        session = program.get("/api/session").json()
        answers = [
            program.get("/api/videos"),
            program.post("/api/videos/uploads/missing.mp4/retry"),
            program.get("/api/tokens"),
        ]
    assert (session["role"], session["name"], session["is_admin"]) == (role, f"the {scope} one", scope == "admin")
    assert [answer.status_code for answer in answers] == statuses


def test_viewers_and_strangers_manage_no_tokens(api: Api, viewer: httpx.Client) -> None:
    with api.client(token=None) as anybody:
        for client, status in ((anybody, 401), (viewer, 403)):
            assert client.post("/api/tokens", json={"name": "x", "scope": "read"}).status_code == status
            assert client.get("/api/tokens").status_code == status
            assert client.delete("/api/tokens/x").status_code == status


def test_the_value_is_shown_once_and_stored_as_a_hash(shared_place: Place, operator: httpx.Client) -> None:
    made = create(operator, name="for\u202e people", expires_in_days=None)
    value = made.pop("token")
    assert value.startswith("tnp_")
    assert len(value) == len("tnp_") + 43
    assert (made["name"], made["expires_at"], made["last_used_at"]) == ("for\\u202e people", None, None)

    assert made in operator.get("/api/tokens").json()["items"]
    stored = json.dumps(shared_items(shared_place).document(API_TOKENS_KEY).content)
    assert made["id"] in stored
    assert value.removeprefix("tnp_") not in stored


def test_a_revoked_token_is_refused(api: Api, operator: httpx.Client) -> None:
    made, other = create(operator), create(operator)
    with api.client(made["token"]) as program, api.client(other["token"]) as still_valid:
        assert program.get("/api/session").status_code == 200
        assert operator.delete(f"/api/tokens/{made['id']}").status_code == 204
        assert program.get("/api/session").status_code == 401
        assert still_valid.get("/api/session").status_code == 200
    assert operator.delete(f"/api/tokens/{made['id']}").status_code == 404
    assert made["id"] not in [token["id"] for token in operator.get("/api/tokens").json()["items"]]


def test_an_expired_token_is_refused_by_name(shared_place: Place, api: Api, operator: httpx.Client) -> None:
    stored, value = ApiTokenStore(shared_items(shared_place)).create("old", "admin", lifetime=timedelta(seconds=-1))

    def listed() -> dict[str, Any] | None:
        items = operator.get("/api/tokens").json()["items"]
        return next((token for token in items if token["id"] == stored.id), None)

    assert eventually(listed, "the token of another process")["has_expired"]
    with api.client(value) as program:
        refused = program.get("/api/session")
    assert (refused.status_code, "expired" in refused.json()["detail"]) == (401, True)


def test_an_api_token_starts_no_session(api: Api, operator: httpx.Client) -> None:
    token = create(operator)["token"]
    with api.client(token=None) as browser:
        refused = browser.post("/api/session", json={"token": token})
    assert (refused.status_code, "Authorization: Bearer" in refused.json()["detail"]) == (401, True)


def test_changes_reach_every_process(shared: SharedItems) -> None:
    here, there = ApiTokenStore(shared), ApiTokenStore(shared)
    token, value = here.create("one", "read", lifetime=None)
    assert there.find(value) == token
    assert there.find(value[:-1]) is None
    there.revoke(token.id)
    assert here.find(value) is None


def test_many_uses_are_one_write_a_minute(shared: SharedItems, monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[tuple[float, Callable[[], None]]] = []

    def make_timer(pause_s: float, store: Callable[[], None]) -> SimpleNamespace:
        timers.append((pause_s, store))
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(threading, "Timer", make_timer)
    monkeypatch.setattr(api_tokens, "_USE_EVERY_S", 86_400)
    tokens = ApiTokenStore(shared)
    made = [tokens.create(str(number), "read", lifetime=None)[0] for number in range(2)]
    for _ in range(20):
        for token in made:
            tokens.note_use(token)
    [(at_once_s, store)] = timers
    store()
    tokens.note_use(made[0])

    assert all(token.last_used_at for token in tokens.list())
    assert shared.document(API_TOKENS_KEY).revision == 3
    assert at_once_s == 0
    # The next use is stored too, but later.
    [(later_s, _)] = timers[1:]
    assert later_s > 0


def test_there_is_a_limit_of_tokens(shared: SharedItems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "MAX_TOKENS", 1)
    tokens = ApiTokenStore(shared)
    tokens.create("one", "read", lifetime=None)
    with pytest.raises(ConflictError, match="Revoke one first"):
        tokens.create("two", "read", lifetime=None)
