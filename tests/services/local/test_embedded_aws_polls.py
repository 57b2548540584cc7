"""Long polls of the embedded AWS, in this process: a message answers them at once."""
# ruff: noqa: SLF001 - ministack's own functions

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ministack.core import concurrency
from ministack.services import sqs

from services.local.embedded_aws import polls

if TYPE_CHECKING:
    import pytest

_A_DAY_S = 86_400
_PATIENCE_S = 120


def test_a_message_answers_a_waiting_long_poll_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "LOOK_EVERY_S", _A_DAY_S)
    # So that what `install_arrivals` replaces is put back.
    monkeypatch.setattr(concurrency.esm_wake, "set", concurrency.esm_wake.set)
    monkeypatch.setattr(sqs, "_act_receive_message", sqs._act_receive_message)
    monkeypatch.setitem(sqs._HANDLERS, "ReceiveMessage", sqs._act_receive_message)

    async def receive_two() -> list[str]:
        polls.install_arrivals(polls.Arrivals(asyncio.get_running_loop()))
        url = sqs._act_create_queue({"QueueName": "polled"}, "")["QueueUrl"]

        async def receive(send: Any) -> str:
            asked = {"QueueUrl": url, "WaitTimeSeconds": _A_DAY_S}
            poll = asyncio.create_task(sqs._HANDLERS["ReceiveMessage"](asked, url))
            await asyncio.sleep(0)
            assert not poll.done()
            await send()
            received = await asyncio.wait_for(poll, _PATIENCE_S)
            return str(received["Messages"][0]["Body"])

        async def send_here() -> None:
            sqs._act_send_message({"QueueUrl": url, "MessageBody": "of the event loop"}, url)

        async def send_elsewhere() -> None:
            await asyncio.to_thread(sqs._act_send_message, {"QueueUrl": url, "MessageBody": "of a thread"}, url)

        return [await receive(send_here), await receive(send_elsewhere)]

    assert asyncio.run(receive_two()) == ["of the event loop", "of a thread"]
