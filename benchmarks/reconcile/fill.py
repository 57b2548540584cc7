"""A bucket and a table that are filled without a request per object.

A PUT takes 2.5 ms of CPU in the embedded AWS and 4 ms in its client, and the embedded AWS writes its whole table to
disk every two seconds while something changes. Here it stores two objects and one item. Then it stops, and the others
get what these have: a hard link of the body, the metadata with another key and version, and an entry in the table.
"""

import hashlib
import json
import os
import pickle
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.aws.table.items import make_item, to_attributes
from services.contract.keys import thumbnail_bases, thumbnail_key
from services.contract.records import StoredThumbnail, VideoRecord, VideoState
from services.contract.resources import CLAIM_PREFIX, PipelineResources
from services.contract.thumbnails import ThumbnailOptions
from services.local.aws_supervisor import AwsSupervisor
from services.local.pipeline import make_local_clients
from services.local.provision import provision_resources

SAMPLE = Path(__file__).parents[2] / "stacks" / "deploy" / "smoke" / "sample.mp4"
"""A real video of 15 kB."""
PICTURES_OF_VIDEO = 3
_SAMPLE_KEY, _PICTURE_KEY = "uploads/0-sample.mp4", "thumbnails/0-sample_1.jpg"
_PICTURE = b"\xff\xd8 picture \xff\xd9"
_LINKS = 10_000
"""Hard links of one file; ext4 allows 65,000."""
_AT = datetime(2026, 1, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Filling:
    """Objects to store: videos with three pictures and a record, and what is wrong with some."""

    objects: int
    missing: int
    """Uploads without record and pictures."""
    orphans: int
    """Pictures without a video."""

    @property
    def videos(self) -> int:
        """Return the number of videos with pictures and record."""
        return max(0, self.objects - self.missing - self.orphans) // (1 + PICTURES_OF_VIDEO)

    def list_keys(self) -> Iterator[tuple[str, bool]]:
        """Yield the key of each object, and whether it is a video. Missing ones are spread over the folders."""
        for number in range(self.videos):
            key = _name_video(number)
            yield key, True
            for position in range(1, PICTURES_OF_VIDEO + 1):
                yield thumbnail_key(thumbnail_bases(key)[0], position), False
        for number in range(self.missing):
            yield f"uploads/{number % 100:03}/missing-{number:07}.mp4", True
        for number in range(self.orphans):
            yield f"thumbnails/{number % 100:03}/orphan-{number:07}_1.jpg", False


def fill_storage(data: Path, resources: PipelineResources, filling: Filling, *, say: Callable[[str], None]) -> None:
    """Store objects and items in the folder of an embedded AWS, which does not run before and after."""
    with AwsSupervisor(data, port=None, say=say) as aws:
        clients = make_local_clients(aws.endpoint)
        queues = provision_resources(clients, resources)
        for key, body, kind in (
            (_SAMPLE_KEY, SAMPLE.read_bytes(), "video/mp4"),
            (_PICTURE_KEY, _PICTURE, "image/jpeg"),
        ):
            clients.s3.put_object(Bucket=resources.bucket, Key=key, Body=body, ContentType=kind)
        etag = clients.s3.head_object(Bucket=resources.bucket, Key=_SAMPLE_KEY)["ETag"].strip('"')
        clients.sqs.purge_queue(QueueUrl=queues.url)
        clients.dynamodb.put_item(TableName=resources.table.name, Item={"pk": {"S": _SAMPLE_KEY}})
    sidecars = {json.loads(path.read_bytes())["key"]: path for path in data.glob("objects/**/*.meta.json")}
    models = {True: _Model(sidecars[_SAMPLE_KEY]), False: _Model(sidecars[_PICTURE_KEY])}
    for key, is_video in filling.list_keys():
        models[is_video].copy_to(key)
    for model in models.values():
        model.remove()
    _add_items(data / "state.pickle", resources.table.name, filling, etag)


class _Model:
    """Files of a stored object, from which those of others are made."""

    def __init__(self, sidecar: Path) -> None:
        self._sidecar = sidecar
        self._body = sidecar.with_name(sidecar.name.removesuffix(".meta.json"))
        self._meta: dict[str, Any] = json.loads(sidecar.read_bytes())
        self._linked, self._links = self._body, 0

    def copy_to(self, key: str) -> None:
        """Store a copy under another key, as a version of its own."""
        version = str(uuid.uuid4())
        meta = {**self._meta, "key": key, "version_id": version}
        if "versions" in meta:
            meta["versions"] = [{**meta["versions"][-1], "version_id": version}]
        path = self._body.with_name(f"sha256-{hashlib.sha256(key.encode()).hexdigest()}")
        self._links += 1
        if self._links % _LINKS:
            os.link(self._linked, path)
        else:
            shutil.copyfile(self._body, path)
            self._linked = path
        path.with_name(f"{path.name}.meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def remove(self) -> None:
        self._body.unlink()
        self._sidecar.unlink()


def _add_items(state: Path, table_name: str, filling: Filling, etag: str) -> None:
    """Put the items of all videos in the place of the sample's, in the saved state of an embedded AWS."""
    saved = pickle.loads(state.read_bytes())  # noqa: S301 - the file of the process that this one has just stopped
    [items] = [
        table["items"]
        for (*_, name), table in saved["services"]["dynamodb"]["tables"].all_items()
        if name == table_name
    ]
    [sort_key] = items.pop(_SAMPLE_KEY)
    for item in _list_items(filling, etag):
        items[item["pk"]] = {sort_key: to_attributes(item)}
    state.write_bytes(pickle.dumps(saved, protocol=pickle.HIGHEST_PROTOCOL))


def _list_items(filling: Filling, etag: str) -> Iterator[dict[str, Any]]:
    for number in range(filling.videos):
        key = _name_video(number)
        base = thumbnail_bases(key)[0]
        yield make_item(_make_record(key, base, etag), shards=1)
        yield {"pk": CLAIM_PREFIX + base, "upload": key}


def _make_record(key: str, base: str, etag: str) -> VideoRecord:
    pictures = tuple(
        StoredThumbnail(
            position_pct=position_pct,
            time_s=1.0,
            key=thumbnail_key(base, position),
            width_px=320,
            height_px=180,
            size_bytes=len(_PICTURE),
        )
        for position, position_pct in enumerate((10.0, 50.0, 95.0), start=1)
    )
    return VideoRecord(
        key=key,
        state=VideoState.DONE,
        etag=etag,
        settings_hash=ThumbnailOptions().fingerprint,
        base=base,
        size_bytes=SAMPLE.stat().st_size,
        queued_at=_AT,
        started_at=_AT,
        updated_at=_AT,
        finished_at=_AT,
        thumbnails=pictures,
    )


def _name_video(number: int) -> str:
    return f"uploads/{number // 1000:03}/video-{number:07}.mp4"
