"""Targets: a check, valid contents to begin with, and how they are changed."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.contract.events import UploadEvent, make_notification_body
from services.contract.origin import origin_metadata, overview_metadata
from services.contract.records import ReasonCode, StoredPreview, StoredThumbnail, VideoState
from services.worker.extraction import containers
from services.worker.extraction.codecs import CODECS
from services.worker.extraction.containers.stream import read_samples
from services.worker.extraction.outcome import (
    ExtractedFile,
    ExtractedPicture,
    ExtractedPreview,
    ExtractedStoryboard,
    ExtractionError,
    Outcome,
    VideoInfo,
    encode_outcome,
)
from services.worker.extraction.reading.reader import RangedReader
from services.worker.extraction.sandbox import wire
from tests.fuzz import checks, messages
from tests.fuzz.mutators import blind, change_file, text

_EVENT = UploadEvent(name="ObjectCreated:Put", time=datetime(2026, 1, 1, tzinfo=UTC), bucket="b", key="uploads/ü b.mp4")
_PICTURE = ExtractedPicture(50.0, 1.5, 320, 180, b"\xff\xd8picture", "a note")
_INFO = VideoInfo(3.0, 320, 180, "h264", "mp4")

ChangeOfContent = Callable[[bytes, Sequence[bytes], random.Random], bytes]


@dataclass(frozen=True)
class Target:
    """A parser with the contents that the changes begin with. `change(content, others, dice)` returns a changed one."""

    name: str
    check: Callable[[bytes], object]
    contents: Sequence[bytes]
    change: ChangeOfContent

    def make(self, dice: random.Random) -> bytes:
        """Return a changed content."""
        return self.change(dice.choice(self.contents), self.contents, dice)


def make_targets(samples: Mapping[str, Mapping[str, bytes]]) -> dict[str, Target]:
    """Return all targets by name. `samples` are valid files of each container."""
    targets = [
        Target(name, checks.check_container, list(files.values()), _changer_of_files(name))
        for name, files in samples.items()
    ]
    coded = [content for files in samples.values() for file in files.values() for content in list_coded(file)]
    targets.append(Target("codecs", checks.check_coded, coded, change_coded))
    return {target.name: target for target in targets} | make_message_targets()


def make_message_targets() -> dict[str, Target]:
    """Return the targets that read hostile bytes outside the sandbox, by name."""
    return {
        name: Target(name, check, contents, blind.damage if name in _BINARY else text.change_text)
        for name, (check, contents) in _list_messages().items()
    }


def make_child_target(samples: Mapping[str, Mapping[str, bytes]], check: Callable[[bytes], object]) -> Target:
    """Return the target of real children: changed files of all containers."""
    kinds = {content: name for name, files in samples.items() for content in files.values()}

    def change(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
        return change_file(kinds[content], content, others, dice)

    return Target("child", check, list(kinds), change)


def _changer_of_files(name: str) -> ChangeOfContent:
    return lambda content, others, dice: change_file(name, content, others, dice)


def list_coded(file: bytes) -> list[bytes]:
    """Return extradata and two pictures of a valid file in the form of `check_coded`."""
    reader = RangedReader(lambda offset, length: file[offset : offset + length], len(file))
    container = containers.recognise_container(file[: containers.HEAD_BYTES])
    assert container is not None
    index = containers.open_index(reader, container.name)
    samples = index.find_decode_chain(index.stream.duration_s / 2, 100)[:2]
    number = [codec.decoder for codec in CODECS].index(index.stream.decoder)
    extradata = index.stream.extradata
    head = bytes([number]) + len(extradata).to_bytes(2) + extradata
    return [head + picture[:2048] for picture in read_samples(reader, samples)]


def change_coded(content: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Damage headers: mostly near the start codes, often cut; sometimes as another codec."""
    out = bytearray(blind.damage(content, others, dice)) or bytearray(b"\0")
    if dice.random() < 0.3:
        at = out.find(b"\0\0\1", dice.randrange(len(out)))
        if at >= 0:
            place = at + 3 + dice.randrange(24)
            out[place : place + 1] = dice.randbytes(dice.choice((0, 1, 1, 4)))
    if dice.random() < 0.3:
        del out[dice.randrange(len(out)) :]
        out += dice.choice((b"", b"", b"\0\0\1", b"\0\0\1\xb5", b"\0\0\1\xb3", b"\0\0\1\x67", b"\xff" * 40))
    if dice.random() < 0.1 and out:
        out[0] = dice.randrange(256)
    if dice.random() < 0.3 and len(out) > 3:
        out[1:3] = dice.choice((0, 1, 7, 23, 40, 0xFFFF, dice.randrange(300))).to_bytes(2)
    return bytes(out)


_BINARY = {"outcome", "wire"}
MESSAGES = (
    *("notification", "key", "upload-name", "outcome", "wire", "metadata", "body", "cursor", "login", "letter"),
)
"""Names of the targets that read hostile bytes outside the sandbox."""


def _list_messages() -> dict[str, tuple[Callable[[bytes], object], list[bytes]]]:
    outcomes = _list_outcomes()
    asked = wire.pack_ranges([(0, 65536), (1 << 33, 10)])
    sent = [b"\2" + len(asked).to_bytes(4) + asked + b"\5" + len(answer).to_bytes(4) + answer for answer in outcomes]
    thumbnail = StoredThumbnail(position_pct=50, time_s=1, key="k", width_px=3, height_px=2, size_bytes=9, note="ä")
    preview = StoredPreview(key="k", frames=5, duration_s=2.5, width_px=32, height_px=18, size_bytes=99)
    about = [
        origin_metadata(messages.RECORD, thumbnail, count=3, also="preview"),
        overview_metadata(messages.RECORD, preview),
    ]
    bodies = [
        {"name": "a/b.mp4", "size_bytes": 1, "overwrite": True},
        {"key": "uploads/a.mp4", "upload_id": "u", "numbers": [1, 2]},
        {"key": "uploads/a.mp4", "upload_id": "u", "parts": [{"number": 1, "etag": '"e"'}]},
        {"reason_code": "damaged", "keys": ["uploads/a.mp4"], "limit": 5},
    ]
    jwt = b"eyJhbGciOiJFUzI1NiIsImtpZCI6ImFiYyIsInNpZ25lciI6IiJ9.eyJpc3MiOiJhIiwiZXhwIjoxfQ.c2ln"
    return {
        "notification": (messages.check_notification, [make_notification_body(_EVENT, _EVENT).encode()]),
        "key": (messages.check_key, [b"uploads/a+b%2Fc.mp4", "uploads/ü~0123456789abcdef.mov".encode(), b"uploads/"]),
        "upload-name": (messages.check_upload_name, [b"trip/harbour.mp4", "..\\ü\u202e.MOV".encode(), b"a" * 1200]),
        "outcome": (messages.check_outcome, outcomes),
        "wire": (messages.check_wire, sent),
        "metadata": (
            messages.check_metadata,
            ["\n".join(f"{k}={v}" for k, v in one.items()).encode() for one in about],
        ),
        "body": (messages.check_body, [json.dumps(body).encode() for body in bodies]),
        "cursor": (messages.check_cursor, [b"W3t9LDBd.c2lnbmF0dXJl", b".eJyrVrIy1FEqVrJS0lEqS8wpTVWyUgIAM_YFDA.sig"]),
        "login": (messages.check_login, [jwt]),
        "letter": (messages.check_letter, [b"3 damaged\nreason", b"12 x\n" + make_notification_body(_EVENT).encode()]),
    }


def _join(metadata: Mapping[str, str]) -> bytes:
    return "\n".join(f"{name}={value}" for name, value in metadata.items()).encode()


def _list_outcomes() -> list[bytes]:
    board = ExtractedStoryboard(5.0, 3, 2, 1, 160, 90, (ExtractedFile(b"one"), ExtractedFile(b"two")))
    preview = ExtractedPreview(5, 2.5, 320, 180, b"RIFF")
    done = Outcome(VideoState.DONE, _INFO, (_PICTURE, _PICTURE), board, preview)
    failed = Outcome.failed(ExtractionError(ReasonCode.DAMAGED, "A reason.", info=_INFO))
    return [encode_outcome(done), encode_outcome(failed)]
