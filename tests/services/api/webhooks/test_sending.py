"""Messages: signed as Standard Webhooks says, one request each, without redirects, proxies and long waits."""

import base64
import socket
import threading
from contextlib import closing

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.api.webhooks.addresses import parse_target
from services.api.webhooks.sending import WebhookMessage, send_message
from services.contract.outbox.deliveries import StoredDeliveryAttempt
from tests.support.receiver import Receiver

SECRETS = tuple("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
MESSAGE = WebhookMessage("evt_1", '{"type":"video.done","data":{"key":"uploads/日本.mp4"}}'.encode())


def send(url: str, *secrets: str, allow_private: bool = True, timeout_s: float = 60) -> StoredDeliveryAttempt:
    target = parse_target(url, allow_private=True)
    return send_message(target, secrets or SECRETS[:1], MESSAGE, allow_private=allow_private, timeout_s=timeout_s)


def test_the_library_of_standard_webhooks_accepts_a_message(receiver: Receiver) -> None:
    attempt = send(receiver.url)

    assert (attempt.status_code, attempt.error) == (204, None)
    (got,) = receiver.received
    assert Webhook(SECRETS[0]).verify(got.body, got.headers)["type"] == "video.done"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[1]).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(got.body + b" ", got.headers)
    assert got.headers["content-type"] == "application/json"


def test_two_secrets_sign_a_message_after_a_rotation(receiver: Receiver) -> None:
    send(receiver.url, *SECRETS[:2])

    (got,) = receiver.received
    for secret in SECRETS[:2]:
        Webhook(secret).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[2]).verify(got.body, got.headers)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 500])
def test_only_a_status_of_2xx_is_a_success(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: status
    receiver.headers = {"Location": receiver.url}

    attempt = send(receiver.url)

    assert attempt.status_code == status
    assert (attempt.error or "").startswith(f"HTTP {status}")
    # No redirect was followed.
    assert len(receiver.received) == 1


def test_a_private_address_gets_no_connection(receiver: Receiver) -> None:
    attempt = send(receiver.url, allow_private=False)

    assert "public addresses only" in (attempt.error or "")
    assert receiver.received == []


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert send(receiver.url).error is None


def test_a_target_that_does_not_answer_is_a_failure(receiver: Receiver) -> None:
    receiver.answer = lambda _: None
    assert send(receiver.url).error == "the connection was closed without an answer"
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/").error == "connection refused"


def test_a_target_that_answers_byte_by_byte_is_cut_off() -> None:
    ended = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def drip() -> None:
            connected, _ = server.accept()
            with closing(connected):
                connected.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not ended.wait(0.02):
                    try:
                        connected.sendall(b"x")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        try:
            assert send(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_s=0.5).error == "timeout"
        finally:
            ended.set()


def test_a_target_with_plain_http_fails_the_tls_handshake(receiver: Receiver) -> None:
    assert (send(receiver.url.replace("http:", "https:")).error or "").startswith("TLS")
