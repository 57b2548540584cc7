"""Local files of thumbnails that appear while the demo runs."""

from pathlib import Path

import pytest

from services.contract.records import VideoRecord, VideoState
from services.contract.resources import pipeline_resources
from services.local.copies import ThumbnailCopies
from services.local.embedded_aws.handle import EmbeddedAws
from services.local.pipeline import Endpoints, LocalPipeline, make_local_clients
from services.local.provision import provision_resources
from tests.services.api.records import a_record


@pytest.fixture
def pipeline(aws: EmbeddedAws, tmp_path: Path) -> LocalPipeline:
    resources = pipeline_resources("copies")
    clients = make_local_clients(aws.endpoint)
    queues = provision_resources(clients, resources)
    endpoints = Endpoints(
        aws=aws.endpoint,
        region="us-east-1",
        bucket=resources.bucket,
        queue_url=queues.url,
        dead_letter_queue_url=queues.dead_letter_url,
        videos_table=resources.table.name,
        test_source_bucket=resources.test_source_bucket,
        api="",
        token_file="",
        pid=1,
    )
    return LocalPipeline(tmp_path, endpoints, clients)


def test_each_change_of_thumbnails_is_copied_once(pipeline: LocalPipeline) -> None:
    copied: list[VideoRecord] = []
    copies = ThumbnailCopies(pipeline, copied.append)
    first = pipeline.videos.replace(None, a_record("uploads/a.mp4"))
    pipeline.videos.replace(None, a_record("uploads/b.mp4", VideoState.FAILED))
    copies.update()
    copies.update()
    assert [record.key for record in copied] == ["uploads/a.mp4"]
    again = a_record("uploads/a.mp4", minute=1, etag="another")
    pipeline.videos.replace(first, again.model_copy(update={"revision": first.revision}))
    pipeline.videos.replace(None, a_record("uploads/c.mp4", VideoState.DEGRADED))
    copies.update()
    assert sorted(record.key for record in copied[1:]) == ["uploads/a.mp4", "uploads/c.mp4"]
