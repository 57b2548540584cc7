"""The auditor finds what is wrong: each test plants one violation in a pipeline that is right."""

import ast
import contextlib
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import pytest
from boto3.dynamodb.types import TypeSerializer

from services.aws.clients import Clients
from services.contract.resources import pipeline_resources
from services.local.provision import provision_resources
from tests.faults.auditor import Auditor, Places
from tests.faults.ledger import Ledger, Sample
from tests.faults.numbers import draw_number, read_number

_numbers = itertools.count(1)

GOOD, DULL, TEXT = "uploads/harbour.mp4", "uploads/trip/talk.mkv", "uploads/text.mov"


def draw_thumbnail(number: int) -> bytes:
    return cv2.imencode(".jpg", draw_number(number))[1].tobytes()


@dataclass
class World:
    """A pipeline at rest, written by hand: two videos with thumbnails, and one file that is no video."""

    places: Places
    clients: Clients
    ledger: Ledger = field(default_factory=Ledger)

    def fill(self) -> None:
        self.add_video(GOOD, 7)
        self.add_video(DULL, 9, state="degraded")
        self.upload(TEXT, b"a text, no video", Sample("text", reasons=frozenset({"not_a_video"})))
        self.record(TEXT, state="failed", reason_code="not_a_video", base="thumbnails/text", size_bytes=16)
        self.claim("thumbnails/text", TEXT)
        self.add_letter(TEXT, "not_a_video")
        size_bytes = 3 * (len(draw_thumbnail(7)) + len(draw_thumbnail(9)))
        size_bytes += sum(len(self.manifest_of(key)) for key in (GOOD, DULL)) + self.add_poster(GOOD, 7)
        totals = {"videos_done": 1, "videos_degraded": 1, "videos_failed": 1, "thumbnails": 6, "ended": 9, "writes": 9}
        self.put("totals", **totals, upload_bytes=30, thumbnail_bytes=size_bytes)

    def add_video(self, key: str, number: int, *, state: str = "done") -> None:
        self.upload(key, b"video %d" % number, Sample("mp4", number))
        base = key.replace("uploads/", "thumbnails/").rpartition(".")[0]
        picture = draw_thumbnail(number)
        thumbnails = [{"key": f"{base}_{count}.jpg", "size_bytes": len(picture)} for count in (1, 2, 3)]
        for thumbnail in thumbnails:
            self.store(str(thumbnail["key"]), picture)
        manifest = self.manifest_of(key)
        self.store(f"{base}_manifest.json", manifest)
        described = {"key": f"{base}_manifest.json", "size_bytes": len(manifest)}
        self.record(key, state=state, base=base, size_bytes=7, thumbnails=thumbnails, manifest=described)
        self.claim(base, key)

    def add_poster(self, key: str, number: int) -> int:
        """Store a poster and its strip; return their size."""
        base, picture = key.replace("uploads/", "thumbnails/").rpartition(".")[0], draw_thumbnail(number)
        for name in ("poster", "candidates"):
            self.store(f"{base}_{name}.jpg", picture)
        self.change(key, poster={"key": f"{base}_poster.jpg", "size_bytes": 2 * len(picture)})
        return 2 * len(picture)

    def manifest_of(self, key: str) -> bytes:
        """Return a manifest that lists no output but the first thumbnail."""
        (etag,) = self.ledger.history(key)
        picture = f"{key.replace('uploads/', 'thumbnails/').rpartition('.')[0]}_1.jpg"
        stored = self.clients.s3.head_object(Bucket=self.places.bucket, Key=picture)["ETag"].strip('"')
        return json.dumps({"upload": {"etag": etag}, "outputs": [{"key": picture, "etag": stored}]}).encode()

    def upload(self, key: str, content: bytes, sample: Sample) -> None:
        etag = self.ledger.note_content(content, sample)
        self.ledger.begin(key, etag)
        self.ledger.acknowledge(key, etag)
        self.store(key, content)

    def record(self, key: str, **fields: Any) -> None:
        (etag,) = self.ledger.history(key)
        self.put(key, **{"etag": etag, **fields})

    def claim(self, base: str, key: str) -> None:
        self.put(f"claim:{base}", upload=key)

    def change(self, key: str, **fields: Any) -> None:
        """Write some fields of an item."""
        for name, value in fields.items():
            self.clients.dynamodb.update_item(
                TableName=self.places.table,
                Key={"pk": {"S": key}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": TypeSerializer().serialize(value)},
            )

    def put(self, key: str, **fields: Any) -> None:
        item = {name: TypeSerializer().serialize(value) for name, value in {"pk": key, **fields}.items()}
        self.clients.dynamodb.put_item(TableName=self.places.table, Item=item)

    def remove_item(self, key: str) -> None:
        self.clients.dynamodb.delete_item(TableName=self.places.table, Key={"pk": {"S": key}})

    def store(self, key: str, content: bytes) -> None:
        self.clients.s3.put_object(Bucket=self.places.bucket, Key=key, Body=content)

    def remove(self, key: str) -> None:
        self.clients.s3.delete_object(Bucket=self.places.bucket, Key=key)

    def add_letter(self, key: str, reason: str) -> None:
        (etag,) = self.ledger.history(key) or {"0"}
        self.send(
            self.places.dead_letter_queue_url,
            {"Records": [{"s3": {"object": {"key": key, "eTag": etag}}}]},
            MessageAttributes={"reason_code": {"DataType": "String", "StringValue": reason}},
        )

    def remove_letters(self) -> None:
        self.clients.sqs.purge_queue(QueueUrl=self.places.dead_letter_queue_url)

    def replace_letter(self, key: str, reason: str) -> None:
        self.remove_letters()
        self.add_letter(key, reason)

    def send(self, url: str, body: Any, **options: Any) -> None:
        self.clients.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body), **options)

    def audit(self) -> list[str]:
        auditor = Auditor(self.places, self.ledger)
        try:
            return auditor.audit().violations
        finally:
            auditor.close()


@pytest.fixture
def world(aws: tuple[str, Clients]) -> World:
    endpoint, clients = aws
    resources = pipeline_resources(f"audit{next(_numbers)}")
    queues = provision_resources(clients, resources)
    # Without events: the test writes what they would lead to.
    clients.s3.put_bucket_notification_configuration(Bucket=resources.bucket, NotificationConfiguration={})
    clients.sqs.purge_queue(QueueUrl=queues.url)
    places = Places(
        endpoint=endpoint,
        region="us-east-1",
        bucket=resources.bucket,
        table=resources.table.name,
        queue_url=queues.url,
        dead_letter_queue_url=queues.dead_letter_url,
    )
    made = World(places, clients)
    made.fill()
    return made


def replace_without_trace(world: World) -> None:
    world.ledger.note_content(b"another", Sample("mp4", 8))
    world.store(GOOD, b"another")


def replace_manifest(world: World, *, old: str, new: str) -> None:
    world.store("thumbnails/harbour_manifest.json", world.manifest_of(GOOD).replace(old.encode(), new.encode()))


PLANTED: dict[str, tuple[Callable[[World], None], str]] = {
    "lost manifest": (
        lambda world: world.remove("thumbnails/harbour_manifest.json"),
        "thumbnails/harbour_manifest.json is missing or has another size",
    ),
    "manifest of another upload": (
        lambda world: replace_manifest(world, old=next(iter(world.ledger.history(GOOD))), new="0" * 32),
        f"is about {'0' * 32}",
    ),
    "manifest of another picture": (
        lambda world: replace_manifest(world, old="harbour_1.jpg", new="harbour_9.jpg"),
        "lists another thumbnails/harbour_9.jpg than the one that is stored",
    ),
    "lost poster": (
        lambda world: world.remove("thumbnails/harbour_poster.jpg"),
        "thumbnails/harbour_poster.jpg or its candidates are missing or of another size",
    ),
    "lost candidates": (
        lambda world: world.remove("thumbnails/harbour_candidates.jpg"),
        "thumbnails/harbour_poster.jpg or its candidates are missing or of another size",
    ),
    "wrong picture": (
        lambda world: world.store("thumbnails/harbour_2.jpg", draw_thumbnail(9)),
        "thumbnails/harbour_2.jpg shows 9, and not upload 7",
    ),
    "not a picture": (
        lambda world: world.store("thumbnails/harbour_2.jpg", b"\xff\xd8\xff"),
        "thumbnails/harbour_2.jpg shows it is not a picture",
    ),
    "missing picture": (
        lambda world: world.remove("thumbnails/trip/talk_3.jpg"),
        "thumbnails/trip/talk_3.jpg is missing",
    ),
    "too few pictures": (lambda world: world.change(GOOD, thumbnails=[]), "is done with 0 thumbnails"),
    "shared picture": (
        lambda world: world.change(DULL, thumbnails=[{"key": "thumbnails/harbour_1.jpg", "size_bytes": 1}] * 3),
        "share thumbnails/harbour_1.jpg",
    ),
    "orphan": (
        lambda world: world.store("thumbnails/lost_1.jpg", draw_thumbnail(7)),
        "thumbnails/lost_1.jpg belongs to no record",
    ),
    "foreign left over": (
        lambda world: world.store("thumbnails/harbour_4.jpg", draw_thumbnail(9)),
        "thumbnails/harbour_4.jpg shows 9, which was never uploaded as uploads/harbour.mp4",
    ),
    "wrong total": (lambda world: world.change("totals", thumbnails=5), "the total thumbnails is 5"),
    "stuck record": (lambda world: world.change(GOOD, state="processing"), f"{GOOD} is stuck"),
    "no record": (lambda world: world.remove_item(GOOD), f"{GOOD} (mp4) has no record"),
    "record of another content": (replace_without_trace, f"{GOOD} has the content"),
    "lost upload": (lambda world: world.remove(GOOD), f"{GOOD} is missing"),
    "undead upload": (
        lambda world: world.ledger.acknowledge(GOOD, ""),
        f"{GOOD} has the content",
    ),
    "good video failed": (
        lambda world: world.change(GOOD, state="failed", reason_code="storage"),
        f"{GOOD} is a good mp4, and failed: storage",
    ),
    "untrue reason": (
        lambda world: world.change(TEXT, reason_code="crashed"),
        f"{TEXT} (text) is failed: crashed, not {{'not_a_video'}}",
    ),
    "no dead letter": (World.remove_letters, f"{TEXT} failed (not_a_video) without a dead letter"),
    "letter with another reason": (
        lambda world: world.replace_letter(TEXT, "empty"),
        "without a dead letter: ['empty']",
    ),
    "letter of a good video": (lambda world: world.add_letter(GOOD, "storage"), f"(storage) of {GOOD}, which is done"),
    "message left": (lambda world: world.send(world.places.queue_url, {}), "the queue has 1 messages"),
    "claim without a record": (
        lambda world: world.claim("thumbnails/gone", "uploads/gone.mp4"),
        "the claim on thumbnails/gone belongs to uploads/gone.mp4",
    ),
    "record without a claim": (
        lambda world: world.remove_item("claim:thumbnails/harbour"),
        "which None has claimed",
    ),
}


def imports_of(module: str) -> set[str]:
    """Return the names of the modules that a module imports, those of our modules included."""
    file = Path(__file__).parents[2] / f"{module.replace('.', '/')}.py"
    if not file.exists():
        return set()
    statements = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    named = {one.module or "" for one in statements if isinstance(one, ast.ImportFrom)}
    named |= {alias.name for one in statements if isinstance(one, ast.Import) for alias in one.names}
    return named.union(*map(imports_of, named))


def test_the_auditor_shares_no_code_with_the_services() -> None:
    imported = imports_of("tests.faults.auditor")

    assert {"tests.faults.ledger", "tests.faults.numbers", "boto3"} <= imported
    assert not {name for name in imported if name.split(".")[0] in ("services", "stacks")}


def test_a_pipeline_that_is_right_has_no_violation(world: World) -> None:
    assert world.audit() == []


def test_records_and_totals_in_shards_are_audited_as_others(world: World) -> None:
    world.change(GOOD, state="done#1")
    world.change("totals", thumbnails=1)
    world.put("totals#3", thumbnails=5, ended=2, writes=2)
    assert world.audit() == []

    world.change("totals#3", thumbnails=6)
    (violation,) = world.audit()
    assert "the total thumbnails is 7" in violation


@pytest.mark.parametrize("name", PLANTED)
def test_the_auditor_finds_a_planted_violation(world: World, name: str) -> None:
    plant, expected = PLANTED[name]

    plant(world)

    violations = world.audit()
    assert any(expected in violation for violation in violations), violations


def test_letters_are_counted_while_a_request_hides_them(world: World) -> None:
    sqs, url = world.clients.sqs, world.places.dead_letter_queue_url
    with contextlib.closing(Auditor(world.places, world.ledger)) as auditor:
        assert auditor.count_hidden_letters() == 0

        (letter,) = sqs.receive_message(QueueUrl=url)["Messages"]
        assert auditor.count_hidden_letters() == 1

        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"], VisibilityTimeout=0)
        assert auditor.count_hidden_letters() == 0


@pytest.mark.parametrize("size_px", [(640, 360), (96, 54)])
def test_a_number_is_read_from_a_poor_picture(size_px: tuple[int, int]) -> None:
    for number in (0, 1, 2**15, 43_690, 2**16 - 1):
        scaled = cv2.resize(draw_number(number), size_px)
        assert read_number(cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, 30])[1].tobytes()) == number


def test_a_picture_without_a_number_is_not_read() -> None:
    with pytest.raises(ValueError, match="no number"):
        read_number(cv2.imencode(".jpg", draw_number(5) // 8)[1].tobytes())


def test_only_a_lost_claim_excuses_pictures_of_a_sibling(world: World) -> None:
    sibling = GOOD.replace(".mp4", ".mkv")
    world.ledger.begin(sibling, world.ledger.note_content(b"sibling", Sample("mkv", 5)))
    world.ledger.acknowledge(sibling, "")
    world.store("thumbnails/harbour_4.jpg", draw_thumbnail(5))

    (violation,) = world.audit()
    world.ledger.table_cut_at = time.time()

    assert "never uploaded as" in violation
    assert world.audit() == []


def test_only_a_later_kill_excuses_pictures_that_lost_their_record(world: World) -> None:
    for name in ("harbour.mp4_1.jpg", "trip/talk_4.jpg"):
        world.store(f"thumbnails/{name}", draw_thumbnail(7 if "harbour" in name else 9))
    (violation,) = world.audit()
    world.ledger.table_cut_at = time.time() - 60
    assert world.audit() == [violation]

    world.ledger.table_cut_at = time.time()

    assert violation == "thumbnails/harbour.mp4_1.jpg belongs to no record"
    assert world.audit() == []


def test_no_kill_excuses_pictures_of_another_video(world: World) -> None:
    world.store("thumbnails/harbour.mp4_1.jpg", draw_thumbnail(9))
    world.store("thumbnails/lost_1.jpg", draw_thumbnail(7))
    world.ledger.table_cut_at = time.time()

    foreign, orphan = sorted(world.audit())

    assert foreign == "thumbnails/harbour.mp4_1.jpg shows 9, which was never uploaded as uploads/harbour.mp4"
    assert orphan == "thumbnails/lost_1.jpg belongs to no record"
