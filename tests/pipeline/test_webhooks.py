"""A webhook gets the events of the whole life of a video, from real workers and a real api."""

from pathlib import Path

import httpx
from standardwebhooks.webhooks import Webhook

from tests.support.driver import Driver, eventually
from tests.support.receiver import receiving
from tests.support.videos import Videos


def is_up(api: httpx.Client) -> bool:
    try:
        return api.get("/health").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_webhook_gets_each_end_of_a_video_in_order(pipeline: Driver, videos: Videos) -> None:
    token = Path(pipeline.endpoints.token_file).read_text(encoding="utf-8").strip()
    key = "uploads/life/clip.mp4"
    headers = {"Authorization": f"Bearer {token}"}
    with receiving() as receiver, httpx.Client(base_url=pipeline.endpoints.api, headers=headers) as api:
        eventually(lambda: is_up(api), "the api")
        made = api.post("/api/webhooks", json={"url": receiver.url, "prefix": "uploads/life/"}).json()

        pipeline.upload("life/clip.mp4", videos.video("clip.mp4", duration_s=4))
        eventually(lambda: receiver.of(key) == ["video.done"], "the message of the video")
        pipeline.s3.put_object(Bucket=pipeline.endpoints.bucket, Key=key, Body=b"no video")
        eventually(lambda: receiver.of(key) == ["video.done", "video.failed"], "the message of the failure")
        pipeline.s3.delete_object(Bucket=pipeline.endpoints.bucket, Key=key)
        eventually(lambda: receiver.of(key)[2:] == ["video.deleted"], "the message of the deletion")

        done, failed, _ = [Webhook(made["secret"]).verify(got.body, got.headers) for got in receiver.received]
        api.delete(f"/api/webhooks/{made['id']}").raise_for_status()
    assert [thumbnail["key"] for thumbnail in done["data"]["thumbnails"]] == [
        f"thumbnails/life/clip_{number}.jpg" for number in (1, 2, 3)
    ]
    assert (done["data"]["duration_s"], failed["data"]["reason_code"]) == (4.0, "not_a_video")
