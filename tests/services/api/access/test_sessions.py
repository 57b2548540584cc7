"""The list of ended sessions, in a real table."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.access import shared_document
from services.api.access.sessions import EndedSessions
from services.aws.shared import SharedItems
from services.contract.resources import ENDED_SESSIONS_KEY
from tests.support.place import Place

NOW = datetime.now(UTC).replace(microsecond=0)
LIFETIME_S = 3600


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.fixture
def shared(place: Place) -> SharedItems:
    return SharedItems(place.clients.dynamodb, place.resources.table.name)


def ended(shared: SharedItems) -> EndedSessions:
    return EndedSessions(shared, lifetime_s=LIFETIME_S, max_sessions=3)


def test_a_logout_is_known_at_once_to_new_processes(shared: SharedItems) -> None:
    here = ended(shared)
    assert not here.has_ended("a", ago(10))
    here.end("a", ago(10))
    for one in (here, ended(shared)):
        assert one.has_ended("a", ago(10))
        assert not one.has_ended("b", ago(10))


def test_the_first_check_waits_longer_for_the_table(shared: SharedItems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_document, "_PATIENCE_S", 0)
    monkeypatch.setattr(shared_document, "_FIRST_PATIENCE_S", 60)
    assert not ended(shared).has_ended("a", ago(10))


def test_a_full_list_revives_no_ended_session(shared: SharedItems) -> None:
    here = ended(shared)
    for number in range(10):
        here.end(f"session-{number}", ago(100 - number))
    assert len(shared.document(ENDED_SESSIONS_KEY).content["sessions"]) == 3
    assert all(here.has_ended(f"session-{number}", ago(100 - number)) for number in range(10))
    assert here.has_ended("one that began before those that were dropped", ago(200))
    assert not here.has_ended("one that began later", ago(50))


def test_sessions_whose_cookie_has_expired_are_dropped(shared: SharedItems) -> None:
    here = ended(shared)
    here.end("old", ago(LIFETIME_S + 10))
    here.end("new", ago(10))
    assert list(shared.document(ENDED_SESSIONS_KEY).content["sessions"]) == ["new"]


def test_ends_at_the_same_time_are_all_kept(shared: SharedItems) -> None:
    one, other = ended(shared), ended(shared)
    one.end("a", ago(10))
    other.end("b", ago(10))
    assert all(ended(shared).has_ended(session, ago(10)) for session in ("a", "b"))
