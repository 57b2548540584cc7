"""The routes of reconciliations, over HTTP."""

from typing import Any

import httpx

from tests.services.api.process import VIEWER, Api
from tests.services.api.records import store
from tests.support.driver import eventually
from tests.support.place import Place


def ended(client: httpx.Client, started: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/api/reconciliations/{started['id']}").raise_for_status().json()
        return None if found["state"] == "running" else found

    return eventually(look, "the end of the reconciliation")


def test_a_dry_run_is_confirmed_and_makes_the_set_equal(own_place: Place, own_api: Api) -> None:
    store(own_place, "uploads/kept.mp4")
    store(own_place, "uploads/gone.mp4")
    own_place.bucket.put("uploads/new.mp4", b"a video", content_type="video/mp4")
    own_place.clients.s3.delete_object(Bucket=own_place.bucket.name, Key="uploads/gone.mp4")
    # A backlog of uploads would stop the run, and no worker is here to process it.
    own_place.clients.sqs.purge_queue(QueueUrl=own_place.queues.url)
    with own_api.client() as client:
        refused = client.post("/api/reconciliations", json={"dry_run": False})
        started = client.post("/api/reconciliations", json={})
        plan = ended(client, started.json())
        run = client.post("/api/reconciliations", json={"dry_run": False, "confirmation": plan["confirmation"]})
        done = ended(client, run.json())
        listed = client.get("/api/reconciliations").json()["items"]
        late = client.delete(f"/api/reconciliations/{done['id']}")

    assert (refused.status_code, started.status_code, run.status_code) == (428, 202, 202)
    # The records of `store` are of other settings than those of this api.
    assert (plan["counts"]["missing"], plan["counts"]["outdated"], plan["counts"]["gone"]) == (1, 1, 1)
    assert plan["counts"]["surplus"] == 3
    assert plan["estimate"]["usd"] > 0
    assert (done["state"], done["counts"]["surplus"], done["planned"]) == ("done", 3, plan["counts"])
    assert listed == [done]
    assert (late.status_code, late.json()["detail"]) == (409, "The reconciliation has ended: it is done.")
    assert own_place.videos.get("uploads/gone.mp4") is None
    assert own_place.queue.depth().visible == 2


def test_viewers_see_reconciliations_and_start_none(api: Api) -> None:
    with api.client(VIEWER) as client:
        assert client.get("/api/reconciliations").status_code == 200
        assert client.post("/api/reconciliations", json={}).status_code == 403
        assert client.delete("/api/reconciliations/1").status_code == 403
        assert client.get("/api/reconciliations/none").status_code == 404
