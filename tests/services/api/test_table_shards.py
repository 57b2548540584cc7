"""An api while processes with other numbers of shards write its table, as in the middle of a deployment."""

from pathlib import Path
from typing import Any

import httpx

from services.contract.records import VideoState
from services.contract.resources import pipeline_resources
from services.local.provision import provision_resources
from tests.services.api.process import Api, running
from tests.services.api.records import LISTED_STATES, a_record
from tests.services.api.test_videos import keys, pages
from tests.support.driver import eventually
from tests.support.place import Place


def videos_of(client: httpx.Client) -> dict[str, int]:
    counts: dict[str, int] = client.get("/api/state").json()["metrics"]["videos"]
    return counts


def aws_requests(api: Api) -> dict[str, float]:
    """Return the number of requests to DynamoDB so far, by operation."""
    text = httpx.get(api.metrics_url, trust_env=False).text
    lines = [line for line in text.splitlines() if "aws_requests_total" in line and 'service="dynamodb"' in line]
    return {line.partition('operation="')[2].partition('"')[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_an_api_of_one_shard_shows_what_others_write(aws_endpoint: str, aws_clients: Any, tmp_path: Path) -> None:
    resources = pipeline_resources("shards")
    place = Place(aws_endpoint, aws_clients, resources, provision_resources(aws_clients, resources))
    tables = [place.videos_with(shards) for shards in (1, 16, 64)]
    states = [state for state in LISTED_STATES for _ in range(9)]
    with running(place, tmp_path) as api, api.client() as client:
        eventually(lambda: videos_of(client) == dict.fromkeys(VideoState, 0), "an empty state")
        for number, state in enumerate(states):
            tables[number % 3].replace(None, a_record(f"uploads/{number:02}.mp4", state, minute=number % 5))

        counts = dict.fromkeys(VideoState, 0) | dict.fromkeys(LISTED_STATES, 9)
        eventually(lambda: videos_of(client) == counts, "the sum of all shards")
        names = [f"uploads/{number:02}.mp4" for number in range(36)]
        eventually(
            lambda: sorted(video["key"] for video in client.get("/api/state").json()["videos"]) == names,
            "the newest videos of all partitions",
        )
        found = pages(client, "/api/videos", limit=7)
        assert sorted(map(str, keys(found))) == names
        times = [str(item["updated_at"]) for page in found for item in page]
        assert times == sorted(times, reverse=True)
        pictures = [item for page in pages(client, "/api/thumbnails", limit=5) for item in page]
        assert len({item["key"] for item in pictures}) == len(pictures) == 3 * 18

        # Nothing changes any more: a poll reads the totals, and queries nothing.
        changed = aws_requests(api)
        eventually(lambda: aws_requests(api)["BatchGetItem"] >= changed["BatchGetItem"] + 5, "polls after the change")
        settled = aws_requests(api)
        eventually(lambda: aws_requests(api)["BatchGetItem"] >= settled["BatchGetItem"] + 5, "polls without a change")
        assert aws_requests(api)["Query"] == settled["Query"]
