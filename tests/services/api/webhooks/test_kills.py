"""Kills of the api between the record and the delivery: no event is lost, and the order of each video holds."""

from contextlib import ExitStack
from pathlib import Path

from tests.services.api.process import Api, running
from tests.services.api.webhooks.test_webhooks import ON, end_video, make_webhook
from tests.support.driver import eventually
from tests.support.place import Place
from tests.support.receiver import Received, Receiver

KEYS = [f"uploads/{name}.mp4" for name in "abc"]


def test_a_kill_at_any_step_loses_no_event_and_no_order(place: Place, receiver: Receiver, tmp_path: Path) -> None:
    def end_all() -> None:
        for key in KEYS:
            end_video(place, key)

    with ExitStack() as stack:
        apis: list[Api] = [stack.enter_context(running(place, tmp_path, **ON))]
        with apis[0].client() as admin:
            make_webhook(admin, receiver)

        def kill_before_the_answer(got: Received) -> int | None:
            if got.key == KEYS[0]:
                apis[-1].kill()
                return None
            return 204

        # The first event of the first video is sent, and its api is killed before the receiver answers.
        receiver.answer = kill_before_the_answer
        end_all()
        eventually(lambda: apis[0].process.poll() is not None, "the first kill")
        # No api runs: these events wait in the table.
        end_all()

        def kill_after_the_answer(got: Received) -> None:
            if got.key == KEYS[1]:
                apis[-1].kill()

        # The receiver has answered, and the api is killed before or while it writes that.
        receiver.answer, receiver.answered = lambda _: 204, kill_after_the_answer
        apis.append(stack.enter_context(running(place, tmp_path, **ON)))
        eventually(lambda: apis[1].process.poll() is not None, "the second kill")
        end_all()

        receiver.answered = lambda _: None
        apis.append(stack.enter_context(running(place, tmp_path, **ON)))
        with apis[2].client() as admin:
            eventually(
                lambda: len(admin.get("/api/deliveries", params={"state": "delivered"}).json()["items"]) == 9,
                "all deliveries",
            )

    numbers = {item["pk"]: item for item in place.videos.scan() if item["pk"].startswith("event:")}
    assert len(numbers) == 9
    for key in KEYS:
        times = [one.message["timestamp"] for one in receiver.received if one.key == key]
        first = list(dict.fromkeys(times))
        assert first == sorted(first)
        assert receiver.of(key) == ["video.done"] * 3
