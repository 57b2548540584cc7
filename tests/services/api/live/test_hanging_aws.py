"""The api while AWS hangs, resets connections or answers 503: what needs no AWS does not notice."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.contract.resources import pipeline_resources
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources
from tests.services.api.process import OPERATOR, Api, fresh, message, message_when, running
from tests.services.api.records import a_record, write
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.tcp_gate import Mode, TcpGate

NEEDS_NO_AWS = ("/health", "/login", "/docs", "/openapi.json", "/api/config", "/api/session", "/api/state")
NEEDS_AWS = (
    "/api/thumbnails?limit={}",
    "/api/videos?limit={}",
    "/api/videos/uploads/{}.mp4",
    "/api/dead-letters",
    "/api/purge",
)
_PATIENCE_S = 90
"""Above every deadline of the api, and below the time for which it used to hang."""


@dataclass(frozen=True)
class Gated:
    gate: TcpGate
    place: Place

    @property
    def behind(self) -> Place:
        """The place as the api sees it."""
        return replace(self.place, endpoint=self.gate.endpoint)


@pytest.fixture
def gated(aws_endpoint: str) -> Iterator[Gated]:
    resources = pipeline_resources("gated")
    clients = make_local_clients(aws_endpoint)
    with TcpGate(aws_endpoint) as gate:
        yield Gated(gate, Place(aws_endpoint, clients, resources, provision_resources(clients, resources)))


def a_client(api: Api) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=api.url,
        headers={"Authorization": f"Bearer {OPERATOR}"},
        limits=httpx.Limits(max_connections=None),
        timeout=_PATIENCE_S,
        trust_env=False,
    )


def assert_unavailable(answers: Sequence[httpx.Response]) -> None:
    for answer in answers:
        assert (answer.status_code, str(answer.url), answer.text) == (503, str(answer.url), answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0


def test_other_requests_answer_while_200_wait_for_aws(gated: Gated, tmp_path: Path) -> None:
    async def ask(api: Api) -> None:
        answered = asyncio.Event()

        async def wait_for_aws(client: httpx.AsyncClient, path: str) -> list[httpx.Response]:
            # The api gives each request up after some seconds; another one takes its place.
            refused = [await client.get(path)]
            while not answered.is_set():
                refused.append(await client.get(path))
            return refused

        async with a_client(api) as many, a_client(api) as other:
            paths = [NEEDS_AWS[number % len(NEEDS_AWS)].format(number % 200 + 1) for number in range(200)]
            waiting = [asyncio.create_task(wait_for_aws(many, path)) for path in paths]
            await asyncio.to_thread(eventually, lambda: gated.gate.stopped >= 4, "requests that hang")

            answers = [await other.get(path) for path in NEEDS_NO_AWS]

            assert [answer.status_code for answer in answers] == [200] * len(NEEDS_NO_AWS)
            assert not any(task.done() for task in waiting)
            answered.set()
            for refused in await asyncio.gather(*waiting):
                assert_unavailable(refused)
            assert (await other.get("/health/ready")).status_code == 503

    with running(gated.behind, tmp_path) as api, api.client() as client:
        gated.gate.mode = Mode.HANGING
        asyncio.run(ask(api))
        gated.gate.mode = Mode.OPEN
        for path in ("/api/videos", "/api/thumbnails", "/api/dead-letters", "/api/metrics", "/health/ready"):
            eventually(lambda path=path: client.get(path).status_code == 200, f"{path} again")  # type: ignore[misc]


def test_equal_requests_share_one_call_and_deadline(gated: Gated, tmp_path: Path) -> None:
    paths = ("/api/thumbnails", "/api/videos", "/api/dead-letters")

    async def ask(api: Api) -> None:
        async with a_client(api) as client:
            assert_unavailable(await asyncio.gather(*(client.get(path) for path in paths * 50)))

    with running(gated.behind, tmp_path, PUSH_INTERVAL_S="60") as api:
        gated.gate.mode = Mode.HANGING
        asyncio.run(ask(api))
        # 300 if each of the 150 requests made its two attempts. Ticks and the watch of purges make some, too.
        assert gated.gate.stopped < 50


def test_redrives_do_not_wait_for_each_other_in_turn(gated: Gated, tmp_path: Path) -> None:
    async def ask(api: Api) -> None:
        async with a_client(api) as client:
            redrives = (client.post("/api/dead-letters/redrive", json={}) for _ in range(30))
            assert_unavailable(await asyncio.gather(*redrives))

    with running(gated.behind, tmp_path) as api:
        gated.gate.mode = Mode.HANGING
        asyncio.run(ask(api))


@pytest.mark.parametrize("mode", [Mode.HANGING, Mode.RESETTING, Mode.UNAVAILABLE])
def test_sockets_get_stale_state_first_and_fresh_state_later(gated: Gated, tmp_path: Path, mode: Mode) -> None:
    write(gated.place, a_record(f"uploads/{mode.name}.mp4"))
    with running(gated.behind, tmp_path) as api, api.socket() as socket, api.client() as client:
        known = message_when(socket, lambda state: state["videos"] and state["queue"])
        gated.gate.mode = mode

        def are_stale(state: dict[str, Any]) -> bool:
            sources = [state["sources"][name] for name in ("queue", "metrics")]
            return all(source["stale"] and source["age_s"] > 0 for source in sources)

        stale = message_when(socket, are_stale)
        later = [message(socket) for _ in range(3)]
        assert [one["seq"] - stale["seq"] for one in later] == [1, 2, 3]
        assert later[-1]["metrics"]["videos"] == known["metrics"]["videos"]
        assert later[-1]["sources"]["metrics"]["age_s"] >= stale["sources"]["metrics"]["age_s"]
        assert_unavailable([client.get(path) for path in ("/api/metrics", "/api/queue", "/api/thumbnails")])

        gated.gate.mode = Mode.OPEN
        message_when(socket, lambda state: not any(source["stale"] for source in state["sources"].values()))
        assert fresh(client, "/api/metrics")["videos"] == known["metrics"]["videos"]


def test_a_failed_write_of_a_sample_stops_no_tick(gated: Gated, tmp_path: Path) -> None:
    with running(gated.behind, tmp_path) as api, api.socket() as socket:
        message(socket)
        gated.gate.only = b"DynamoDB_20120810.PutItem"
        gated.gate.mode = Mode.HANGING
        eventually(lambda: message(socket) and gated.gate.stopped, "a write that hangs")

        since = message(socket)["seq"]
        assert [message(socket)["seq"] - since for _ in range(3)] == [1, 2, 3]
