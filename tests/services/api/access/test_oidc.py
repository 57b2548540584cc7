"""Fetches of the load balancer's keys while requests keep coming."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.api.access import oidc
from services.api.access.oidc import Verifier
from services.api.schema.problems import UnauthorizedError, UnavailableError
from services.contract.settings import ApiSettings
from tests.support.driver import PATIENCE_S, eventually

SIGNER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/clips/0123456789abcdef"
ISSUER = "https://login.example.com"
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class KeyServer:
    """Serves the keys whose ids begin with `key`; ids that begin with `key-slow` only when `answer` is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = threading.Event()
        keys = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                key_id = self.path.lstrip("/")
                keys.asked.append(key_id)
                if key_id.startswith("key-slow"):
                    keys.answer.wait(PATIENCE_S)
                is_known = key_id.startswith("key")
                self.send_response(200 if is_known else 404)
                self.end_headers()
                self.wfile.write(PUBLIC if is_known else b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def key_server() -> Iterator[KeyServer]:
    keys = KeyServer()
    threading.Thread(target=keys.server.serve_forever, daemon=True).start()
    try:
        yield keys
    finally:
        keys.answer.set()
        keys.server.shutdown()
        keys.server.server_close()


@pytest.fixture
def keys() -> Iterator[KeyServer]:
    with key_server() as running:
        yield running


@pytest.fixture
def verifier(keys: KeyServer, monkeypatch: pytest.MonkeyPatch) -> Verifier:
    # A slow machine must not turn a fetch that the test holds up into one that failed.
    monkeypatch.setattr(oidc, "_TIMEOUT_S", PATIENCE_S)
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/clips"
    settings: dict[str, Any] = {
        "aws_region": "us-east-1",
        "sqs_queue_url": queue,
        "sqs_dlq_url": f"{queue}-dlq",
        "s3_bucket": "clips",
        "videos_table": "clips",
        "auth_mode": "oidc",
        "auth_oidc_signer": SIGNER,
        "auth_oidc_issuer": ISSUER,
        "auth_oidc_keys_url": keys.url,
    }
    return Verifier(ApiSettings.model_validate(settings))


def signed(key_id: str) -> str:
    claims = {"iss": ISSUER, "exp": datetime.now(UTC) + timedelta(minutes=2), "email": "ann@example.com"}
    return jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": key_id, "signer": SIGNER})


def test_a_known_key_serves_while_another_is_fetched(keys: KeyServer, verifier: Verifier) -> None:
    verifier.verify(signed("key-1"))
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(verifier.verify, signed("key-slow"))
        eventually(lambda: "key-slow" in keys.asked, "the fetch")
        # With the lock held over the fetch, this could only return after the other one.
        assert pool.submit(verifier.verify, signed("key-1")).result(PATIENCE_S)[1] == "ann@example.com"
        assert not waiting.done()
        keys.answer.set()
        assert waiting.result(PATIENCE_S)[1] == "ann@example.com"


def test_requests_with_a_new_key_share_one_fetch(keys: KeyServer, verifier: Verifier) -> None:
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(verifier.verify, signed("key-slow")) for _ in range(20)]
        eventually(lambda: sum(one.done() for one in asked) == 12, "the refusal of those that are too many")
        keys.answer.set()
        outcomes = [type(one.exception(PATIENCE_S)) for one in asked]
    assert outcomes.count(UnavailableError) == 12
    assert outcomes.count(type(None)) == 8
    assert keys.asked == ["key-slow"]


def refusal(call: Callable[[], object]) -> type[BaseException]:
    with pytest.raises((UnauthorizedError, UnavailableError)) as refused:
        call()
    return refused.type


def test_a_flood_of_unknown_key_ids_causes_few_fetches(keys: KeyServer, verifier: Verifier) -> None:
    verifier.verify(signed("key-1"))
    refusals = [refusal(partial(verifier.verify, signed(f"none-{number}"))) for number in range(200)]
    assert refusals[0] is UnauthorizedError
    # Every six seconds one more fetch is allowed.
    assert refusals.count(UnavailableError) > 150
    assert len(keys.asked) == 1 + refusals.count(UnauthorizedError)
    assert verifier.verify(signed("key-1"))[1] == "ann@example.com"
