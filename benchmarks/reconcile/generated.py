"""A bucket and a table that exist only as rules: their listings are generated page by page."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.api.reconciliation.decisions import Wanted
from services.api.reconciliation.reconciler import ReconcilerContext
from services.aws.bucket import ObjectInfo
from services.aws.errors import ObjectMissingError
from services.contract.formats import VIDEO_EXTENSIONS
from services.contract.keys import thumbnail_bases, thumbnail_key
from services.contract.resources import CLAIM_PREFIX
from services.contract.thumbnails import ThumbnailOptions

PAGE = 1000
EVERY = 100
"""Of so many videos, one is missing, one is outdated, one is gone, and one base has pictures without a video."""

_AT = datetime(2026, 1, 31, tzinfo=UTC)
_OPTIONS = ThumbnailOptions()


def name_of(number: int) -> str:
    return f"uploads/{number // 10_000:04}/video-{number:08}.mp4"


class GeneratedBucket:
    """Uploads and their thumbnails; it counts the pages of its listings."""

    name = "generated"

    def __init__(self, videos: int, page: int) -> None:
        self.videos = videos
        self.page = page
        self.pages_read = 0

    def pages(self, prefix: str, *, after: str = "") -> Iterator[Sequence[ObjectInfo]]:
        del after
        infos = self._uploads() if prefix == "uploads/" else self._thumbnails()
        page: list[ObjectInfo] = []
        for info in infos:
            page.append(info)
            if len(page) == self.page:
                self.pages_read += 1
                yield page
                page = []
        yield page

    def head(self, key: str) -> ObjectInfo:
        raise ObjectMissingError(key)

    def _uploads(self) -> Iterator[ObjectInfo]:
        for number in range(self.videos):
            if number % EVERY != 3:
                yield ObjectInfo(name_of(number), "etag", 50_000_000, _AT)

    def _thumbnails(self) -> Iterator[ObjectInfo]:
        for number in range(self.videos):
            base = thumbnail_bases(name_of(number))[0]
            for position in (1, 2, 3):
                yield ObjectInfo(thumbnail_key(base, position), "etag", 60_000, _AT)


class GeneratedTable:
    def __init__(self, videos: int) -> None:
        self.videos = videos

    def scan(self, attributes: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        del attributes
        for number in range(self.videos):
            if number % EVERY not in (1, 4):
                yield make_item(name_of(number))

    def items(self, keys: Sequence[str], attributes: Sequence[str] = ()) -> dict[str, Mapping[str, Any]]:
        del attributes
        return {key: item for key in keys if (item := _find_item(key)) is not None}


def make_item(key: str, settings_hash: str = _OPTIONS.fingerprint) -> dict[str, Any]:
    """Return the item of a done video."""
    at = _AT.isoformat()
    return {
        "pk": key,
        "state": "done",
        "etag": "etag",
        "settings_hash": settings_hash,
        "base": thumbnail_bases(key)[0],
        "revision": 1,
        "size_bytes": 50_000_000,
        **dict.fromkeys(("queued_at", "started_at", "updated_at", "finished_at"), at),
    }


def make_context(videos: int, *, page: int = PAGE) -> ReconcilerContext:
    return ReconcilerContext(
        bucket=GeneratedBucket(videos, page),  # type: ignore[arg-type]
        videos=GeneratedTable(videos),  # type: ignore[arg-type]
        wanted=Wanted(_OPTIONS),
        thumbnail_prefix="thumbnails/",
        extensions=VIDEO_EXTENSIONS,
        is_purge_running=lambda: False,
    )


def _find_item(key: str) -> dict[str, Any] | None:
    if key.startswith(CLAIM_PREFIX):
        path = key.removeprefix(f"{CLAIM_PREFIX}thumbnails/")
        return {"pk": key, "upload": f"uploads/{path}.mp4"}
    number = int(key.removesuffix(".mp4").rpartition("-")[2])
    match number % EVERY:
        case 1 | 4:
            return None
        case 2:
            return make_item(key, "other settings")
    return make_item(key)
