"""The benchmark of the reconciliation: what it fills, and that a comparison finds exactly that."""

from pathlib import Path

import pytest

from benchmarks.reconcile import fill
from benchmarks.reconcile.fill import Filling, fill_storage
from services.api.reconciliation.changes import CountingChanges, Tally
from services.api.reconciliation.decisions import Wanted
from services.api.reconciliation.key_filter import KeyFilter
from services.api.reconciliation.reconciler import Reconciler, ReconcilerContext
from services.aws.bucket import Bucket
from services.aws.videos import VideosTable
from services.contract.formats import VIDEO_EXTENSIONS
from services.contract.resources import pipeline_resources
from services.contract.thumbnails import ThumbnailOptions
from services.local.embedded_aws import EmbeddedAws
from services.local.pipeline import make_local_clients


def test_filled_storage_has_the_findings_that_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fill, "_LINKS", 5)
    resources, filling = pipeline_resources("filled"), Filling(objects=50, missing=4, orphans=6)
    fill_storage(tmp_path, resources, filling, say=print)
    with EmbeddedAws.start(tmp_path) as aws:
        clients = make_local_clients(aws.endpoint)
        bucket = Bucket(clients.s3, resources.bucket)
        context = ReconcilerContext(
            bucket=bucket,
            videos=VideosTable(clients.dynamodb, resources.table.name),
            wanted=Wanted(ThumbnailOptions()),
            thumbnail_prefix="thumbnails/",
            extensions=VIDEO_EXTENSIONS,
            is_purge_running=lambda: False,
        )
        tally = Tally({}, "", lambda: None)
        reconciler = Reconciler(context, CountingChanges(tally), KeyFilter(b"test", bits=2**20))
        reconciler.list_uploads()
        reconciler.find_gone_records()
        reconciler.find_surplus(removes=True)
        reconciler.find_missing(after="")

        found = {name: tally.counts[name] for name in ("missing", "surplus", "kept", "gone", "lost", "outdated")}
        assert found == {"missing": 4, "surplus": 6, "kept": 10, "gone": 0, "lost": 0, "outdated": 0}
        assert len(list(bucket.versions(""))) == 50
        info = bucket.head("uploads/000/missing-0000000.mp4")
        assert bucket.read(info.key, 0, info.size_bytes, etag=info.etag) == fill.SAMPLE.read_bytes()
