"""Logins through the load balancer: its signed header, and API tokens that need none."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.services.api.process import message, running
from tests.support.place import Place

SIGNER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/clips/0123456789abcdef"


@contextmanager
def keys(public: dict[str, bytes]) -> Iterator[str]:
    """Address of the load balancer's keys."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = public.get(self.path.lstrip("/"))
            self.send_response(200 if key else 404)
            self.end_headers()
            self.wfile.write(key or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_load_balancer_identity_needs_a_valid_signature(place: Place, tmp_path: Path) -> None:
    key, other_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def signed(
        claims: dict[str, Any], by: ec.EllipticCurvePrivateKey = key, signer: str = SIGNER, kid: str = "key-1"
    ) -> str:
        body = {"iss": "https://login.example.com", "exp": datetime.now(UTC) + timedelta(minutes=2), **claims}
        return jwt.encode(body, by, algorithm="ES256", headers={"kid": kid, "signer": signer, "client": "x"})

    operators = {"email": "ann@example.com", "groups": ["users", "operators"]}
    viewers = {"email": "bob@example.com", "groups": "users"}
    wrong = {
        "no header": None,
        "no token": "x.y.z",
        "another key": signed(operators, by=other_key),
        "another signer": signed(operators, signer=SIGNER.replace("123456789012", "999999999999")),
        "an unknown key": signed(operators, kid="key-2"),
        "a key id that is a path": signed(operators, kid="../key-1"),
        "another issuer": signed({**operators, "iss": "https://evil.example"}),
        "too old": signed({**operators, "exp": datetime.now(UTC) - timedelta(minutes=5)}),
        "no algorithm": jwt.encode(operators, "", algorithm="none", headers={"kid": "key-1", "signer": SIGNER}),
    }
    with keys({"key-1": public}) as url:
        settings = {
            "AUTH_MODE": "oidc",
            "AUTH_TOKENS": "",
            "AUTH_OIDC_KEYS_URL": url,
            "AUTH_OIDC_SIGNER": SIGNER.rpartition("/")[0] + "/",
            "AUTH_OIDC_ISSUER": "https://login.example.com",
        }
        with running(place, tmp_path, **settings) as api, api.client(token=None) as client:

            def session(data: str | None) -> httpx.Response:
                return client.get("/api/session", headers={"x-amzn-oidc-data": data} if data else {})

            assert {name: session(data).status_code for name, data in wrong.items()} == dict.fromkeys(wrong, 401)
            ann, bob = session(signed(operators)).json(), session(signed(viewers)).json()
            assert (ann["role"], ann["name"]) == ("operator", "ann@example.com")
            assert (bob["role"], bob["name"]) == ("viewer", "bob@example.com")
            headers = {"x-amzn-oidc-data": signed(viewers)}
            assert client.delete("/api/purge", headers=headers).status_code == 403
            # The load balancer lets a program with an API token pass, which has no such header.
            asked = {"name": "a program", "scope": "read"}
            assert client.post("/api/tokens", json=asked, headers=headers).status_code == 403
            made = client.post("/api/tokens", json=asked, headers={"x-amzn-oidc-data": signed(operators)}).json()
            with api.client(made["token"]) as program:
                assert program.get("/api/session").json()["name"] == "a program"
            with api.socket(token=None, headers=headers) as socket:
                assert message(socket)["type"] == "state"
