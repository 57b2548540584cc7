"""The auditor of a fault run: it compares uploads, records, pictures, letters and totals, and lists what is wrong.

It shares no code with the services: it reads S3, SQS and DynamoDB through boto3, and pictures through OpenCV. What it
expects is what docs/architecture.md says.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from tests.faults.ledger import ABSENT, Ledger, Sample
from tests.faults.numbers import read_number

_UPLOADS, _THUMBNAILS, _CLAIM = "uploads/", "thumbnails/", "claim:"
_WITH_PICTURES = {"done", "degraded"}
_GROWING = {"ended", "writes"}
"""Counters in the item of totals that are no sums over the records; those of the history begin with `e_`."""

LEFT_OVER = "left over"
"""Name of the count of objects of earlier uploads, which no record lists."""

TRANSIENT = {"storage", "crashed", "memory", "timeout", "internal"}
"""Reasons that a fault can be the cause of."""

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Places:
    """Addresses and names of the resources to audit."""

    endpoint: str
    region: str
    bucket: str
    table: str
    queue_url: str
    dead_letter_queue_url: str


@dataclass
class Audit:
    """Result of an audit: sentences about what is wrong, and counts of what there is."""

    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Letter:
    key: str
    etag: str
    reason: str


class Auditor:
    def __init__(self, places: Places, ledger: Ledger, *, thumbnails: int = 3) -> None:
        """`thumbnails` is the number of thumbnails of each video."""
        self._places = places
        self._ledger = ledger
        self._thumbnails = thumbnails
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
        session = boto3.Session("test", "test", region_name=places.region)
        self._s3 = session.client("s3", endpoint_url=places.endpoint, config=config)
        self._sqs = session.client("sqs", endpoint_url=places.endpoint, config=config)
        self._dynamodb = session.client("dynamodb", endpoint_url=places.endpoint, config=config)

    def close(self) -> None:
        for client in (self._s3, self._sqs, self._dynamodb):
            client.close()

    def count_messages(self) -> int:
        """Return the number of messages in the queue: visible, in flight and delayed."""
        return self._count(self._places.queue_url, "", "NotVisible", "Delayed")

    def count_hidden_letters(self) -> int:
        """Return the number of dead letters that a request has received and not given back."""
        return self._count(self._places.dead_letter_queue_url, "NotVisible")

    def _count(self, queue_url: str, *kinds: str) -> int:
        names: Any = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        answer = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def audit(self, *, is_final: bool = True) -> Audit:
        """Compare everything. Unless the audit is final, a fault may have been the reason of a failure."""
        result = Audit()
        objects = self._list_objects()
        items = list(self._scan())
        # A state can have the number of a partition of the index: `done#1`.
        records = {
            item["pk"]: {**item, "state": item["state"].partition("#")[0]}
            for item in items
            if item["pk"].startswith(_UPLOADS)
        }
        letters = self._receive_letters()
        problems = [
            *self._check_queue(),
            *self._check_uploads(objects, records, is_final=is_final),
            *self._check_pictures(objects, records, result.counts),
            *check_claims(items, records),
            *check_totals(items, records),
            *self._check_letters(letters, objects, records, is_final=is_final),
        ]
        result.violations = problems
        result.counts.update(f"videos {record['state']}" for record in records.values())
        result.counts["objects"], result.counts["letters"] = len(objects), len(letters)
        return result

    def _check_queue(self) -> Iterable[str]:
        if waiting := self.count_messages():
            yield f"the queue has {waiting} messages"

    def _check_uploads(self, objects: Item, records: Mapping[str, Item], *, is_final: bool) -> Iterable[str]:
        uploads = {key: entry["ETag"].strip('"') for key, entry in objects.items() if key.startswith(_UPLOADS)}
        for key in {*uploads, *self._ledger.keys}:
            etag, allowed = uploads.get(key, ABSENT), self._ledger.present(key)
            if etag not in allowed:
                what = "is missing" if etag == ABSENT else f"has the content {etag}"
                yield f"{key} {what}, but the user's last write was one of {sorted(allowed)}"
        for key, etag in uploads.items():
            sample = self._ledger.samples.get(etag)
            if sample is not None:
                yield from self._check_upload(key, etag, sample, records.get(key), is_final=is_final)
        for key, record in records.items():
            if record["state"] == "processing":
                yield f"{key} is stuck in the state processing"
            elif key not in uploads and record["etag"] not in self._ledger.history(key):
                yield f"the record of {key} is about {record['etag']}, which was never uploaded there"

    def _check_upload(
        self, key: str, etag: str, sample: Sample, record: Item | None, *, is_final: bool
    ) -> Iterable[str]:
        if sample.is_ignored:
            if record is not None:
                yield f"{key} is no name of a video, and has a record"
        elif record is None:
            yield f"{key} ({sample.kind}) has no record"
        elif record["etag"] != etag:
            yield f"the record of {key} is about {record['etag']}, and not about the present object {etag}"
        elif sample.number is not None and record["state"] not in _WITH_PICTURES:
            if is_final or record.get("reason_code") not in TRANSIENT:
                yield f"{key} is a good {sample.kind}, and {record['state']}: {record.get('reason_code')}"
        elif sample.reasons and (record["state"] != "failed" or not self._is_right(record, sample, is_final=is_final)):
            yield f"{key} ({sample.kind}) is {record['state']}: {record.get('reason_code')}, not {set(sample.reasons)}"

    @staticmethod
    def _is_right(record: Item, sample: Sample, *, is_final: bool) -> bool:
        code = record.get("reason_code")
        return code in sample.reasons or (not is_final and code in TRANSIENT)

    def _check_pictures(self, objects: Item, records: Mapping[str, Item], counts: Counter[str]) -> Iterable[str]:
        owned: dict[str, str] = {}
        for key, record in records.items():
            thumbnails = record.get("thumbnails", [])
            if record["state"] in _WITH_PICTURES and len(thumbnails) != self._thumbnails:
                yield f"{key} is {record['state']} with {len(thumbnails)} thumbnails"
            if record["state"] not in _WITH_PICTURES and thumbnails:
                yield f"{key} is {record['state']}, and has thumbnails"
            for thumbnail in thumbnails:
                if (other := owned.setdefault(thumbnail["key"], key)) != key:
                    yield f"{key} and {other} share {thumbnail['key']}"
                yield from self._check_thumbnail(key, record, thumbnail, objects)
            yield from self._check_manifest(key, record, objects)
            if "manifest" in record:
                owned[record["manifest"]["key"]] = key
            if "poster" in record:
                yield from self._check_poster(key, record, objects, owned)
        bases = {record["base"]: key for key, record in records.items() if record.get("base")}
        for picture in objects:
            if picture.startswith(_THUMBNAILS) and picture not in owned:
                base = picture.rpartition("_")[0]
                owners = [bases[base]] if base in bases else self._find_lost_owners(base, objects[picture])
                yield from self._check_left_over(picture, owners, counts)

    def _find_lost_owners(self, base: str, stored: Item) -> list[str]:
        """Return the keys whose record of this object a kill of the embedded AWS can have lost.

        Their videos may since have claimed another base.
        """
        cut_at = self._ledger.table_cut_at
        # S3's times are whole seconds.
        was_stored_before = cut_at is not None and int(stored["LastModified"].timestamp()) <= cut_at
        return self._ledger.owners(base) if was_stored_before else []

    def _check_thumbnail(self, key: str, record: Item, thumbnail: Item, objects: Item) -> Iterable[str]:
        stored = objects.get(thumbnail["key"])
        if stored is None:
            yield f"{key} is {record['state']}, but {thumbnail['key']} is missing"
            return
        if stored["Size"] != thumbnail["size_bytes"]:
            yield f"{thumbnail['key']} has {stored['Size']} bytes, and {thumbnail['size_bytes']} in the record of {key}"
        sample = self._ledger.samples.get(record["etag"])
        wanted = sample.number if sample else None
        shown = self._read_picture(thumbnail["key"])
        if shown != wanted:
            yield f"{thumbnail['key']} shows {shown}, and not upload {wanted} of {key}"

    @staticmethod
    def _check_poster(key: str, record: Item, objects: Item, owned: dict[str, str]) -> Iterable[str]:
        """Check the poster and the strip of its candidates, and note their owner."""
        name = record["poster"]["key"]
        names = name, name.replace("_poster.", "_candidates.")
        owned |= dict.fromkeys(names, key)
        if sum(objects.get(one, {"Size": 0})["Size"] for one in names) != record["poster"]["size_bytes"]:
            yield f"{key} is {record['state']}, but {name} or its candidates are missing or of another size"

    def _check_manifest(self, key: str, record: Item, objects: Item) -> Iterable[str]:
        """Check that a video with thumbnails has a manifest of this upload and of the objects that are stored."""
        if (record["state"] in _WITH_PICTURES) != ("manifest" in record):
            yield f"{key} is {record['state']} {'with' if 'manifest' in record else 'without'} a manifest"
        if "manifest" not in record:
            return
        name = record["manifest"]["key"]
        stored = objects.get(name)
        if stored is None or stored["Size"] != record["manifest"]["size_bytes"]:
            yield f"{key} is {record['state']}, but {name} is missing or has another size"
            return
        manifest = self._read_json(name)
        if manifest["upload"]["etag"] != record["etag"]:
            yield f"{name} is about {manifest['upload']['etag']}, and the record of {key} about {record['etag']}"
        for output in manifest["outputs"]:
            if objects.get(output["key"], {"ETag": "nothing"})["ETag"].strip('"') != output["etag"]:
                yield f"{name} lists another {output['key']} than the one that is stored"

    def _check_left_over(self, picture: str, owners: Sequence[str], counts: Counter[str]) -> Iterable[str]:
        """Check an object that no record lists: a worker cannot delete those of the upload before."""
        if not owners:
            yield f"{picture} belongs to no record"
            return
        counts[LEFT_OVER] += 1
        named = " or ".join(owners)
        if picture.endswith("_manifest.json"):
            etag = self._read_json(picture)["upload"]["etag"]
            if not any(etag in self._ledger.history(owner) for owner in owners):
                yield f"{picture} is about {etag}, which was never uploaded as {named}"
            return
        numbers = set().union(*map(self._ledger.numbers, owners)) - {None}
        if "_candidates." not in picture and (shown := self._read_picture(picture)) not in numbers:
            yield f"{picture} shows {shown}, which was never uploaded as {named}"

    def _read_json(self, key: str) -> Any:
        return json.loads(self._read_object(key))

    def _read_object(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._places.bucket, Key=key)["Body"].read()

    def _read_picture(self, key: str) -> int | str:
        """Return the number in a picture, or why there is none."""
        try:
            return read_number(self._read_object(key))
        except ValueError as error:
            return str(error)

    def _check_letters(
        self, letters: Iterable[Letter], objects: Item, records: Mapping[str, Item], *, is_final: bool
    ) -> Iterable[str]:
        reasons: dict[str, set[str]] = defaultdict(set)
        for letter in letters:
            reasons[letter.key].add(letter.reason)
            record = records.get(letter.key)
            is_failed = letter.key in objects and record is not None and record["state"] == "failed"
            if is_final and not is_failed:
                state = record["state"] if record else "without a record"
                yield f"there is a dead letter ({letter.reason}) of {letter.key}, which is {state}"
        for key, record in records.items():
            if key in objects and record["state"] == "failed" and record["reason_code"] not in reasons[key]:
                yield f"{key} failed ({record['reason_code']}) without a dead letter: {sorted(reasons[key])}"

    def _list_objects(self) -> dict[str, Any]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._places.bucket)
        return {entry["Key"]: entry for page in pages for entry in page.get("Contents", [])}

    def _scan(self) -> Iterable[dict[str, Any]]:
        read = TypeDeserializer().deserialize
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._places.table, ConsistentRead=True)
        for page in pages:
            for item in page["Items"]:
                yield {name: read(value) for name, value in item.items()}

    def _receive_letters(self) -> list[Letter]:
        """Return all dead letters, and make them visible again."""
        url = self._places.dead_letter_queue_url
        found: dict[str, Any] = {}
        handles: list[str] = []
        while messages := self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0,
            VisibilityTimeout=60,
            MessageAttributeNames=["All"],
        ).get("Messages"):
            found |= {message["MessageId"]: message for message in messages}
            handles += [message["ReceiptHandle"] for message in messages]
        for handle in handles:
            self._sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
        return [letter for message in found.values() for letter in parse_letter(message)]


def parse_letter(message: Any) -> Iterable[Letter]:
    """Yield a letter for each upload in a message of the dead-letter queue."""
    reason = message.get("MessageAttributes", {}).get("reason_code", {}).get("StringValue", "none")
    for record in json.loads(message["Body"])["Records"]:
        stored = record["s3"]["object"]
        yield Letter(unquote_plus(stored["key"]), stored.get("eTag", "").strip('"'), reason)


def check_claims(items: Iterable[Item], records: Mapping[str, Item]) -> Iterable[str]:
    """Check that each record has the claim of its base, and that each claim belongs to a record."""
    owners = {item["pk"].removeprefix(_CLAIM): item["upload"] for item in items if item["pk"].startswith(_CLAIM)}
    for base, owner in owners.items():
        if owner not in records:
            yield f"the claim on {base} belongs to {owner}, which has no record"
    for key, record in records.items():
        if record.get("base") and owners.get(record["base"]) != key:
            yield f"{key} has the base {record['base']}, which {owners.get(record['base'])} has claimed"


def check_totals(items: Iterable[Item], records: Mapping[str, Item]) -> Iterable[str]:
    """Compare the totals, which are the sum of their items, with the records."""
    wanted: Counter[str] = Counter()
    for record in records.values():
        wanted[f"videos_{record['state']}"] += 1
        wanted["thumbnails"] += len(record.get("thumbnails", []))
        wanted["upload_bytes"] += int(record["size_bytes"])
        outputs = [*record.get("thumbnails", []), *(record[one] for one in ("poster", "manifest") if one in record)]
        wanted["thumbnail_bytes"] += sum(int(output["size_bytes"]) for output in outputs)
    stored: Counter[str] = Counter()
    for item in items:
        if item["pk"].partition("#")[0] == "totals":
            counts = {name: int(value) for name, value in item.items() if name not in {"pk", *_GROWING}}
            stored.update({name: count for name, count in counts.items() if not name.startswith("e_")})
    for name in sorted({*wanted, *stored}):
        if wanted[name] != stored[name]:
            yield f"the total {name} is {stored[name]}, and the sum over the records {wanted[name]}"
