"""Cheaper forms of what decides nothing in a schedule: spans, metrics, hashes, dates, tokens, parsed notifications.

They took a quarter of a schedule. Hashes, dates, items and records are the real functions with a memory.
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import quote

from services.aws.table.items import _to_storable, parse_item, parse_record
from services.contract.events import UploadEvent, parse_notification
from services.contract.keys import thumbnail_bases
from services.contract.origin import upload_digest
from services.contract.settings.thumbnails import ThumbnailSettings
from services.contract.shards import choose_shard, index_key_of
from services.contract.thumbnails import ThumbnailOptions
from tests.model.aws.attributes import remember_storable

_MANY = 4096
_FEW = 64
"""Records of about one schedule: each has thirty objects, which every collection of garbage would look at."""

_numbers = itertools.count()


class _Span:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def set_status(self, *_: object) -> None:
        pass


_SPAN = _Span()


class CountingMetrics:
    """Metrics of a worker, of which only the skipped events are counted, by their reason."""

    def __init__(self) -> None:
        self.skipped_events: Counter[str] = Counter()
        self.in_progress = self.retries = self.videos = _METRIC
        self.skipped = SimpleNamespace(labels=self._choose)

    def _choose(self, why: str) -> SimpleNamespace:
        return SimpleNamespace(inc=lambda: self.skipped_events.update((str(why),)))

    def observe_video(self, record: object) -> None:
        pass

    def count_index_failure(self, failure: object) -> None:
        pass


class _Metric:
    def labels(self, *_: str) -> Self:
        return self

    def inc(self) -> None:
        pass

    def set(self, value: float) -> None:
        pass


_METRIC = _Metric()


class _Tracer:
    @staticmethod
    def start_as_current_span(*_: object, **__: object) -> _Span:
        return _SPAN


@lru_cache(maxsize=_MANY)
def _parse_once(body: str) -> tuple[UploadEvent, ...]:
    return tuple(parse_notification(body))


def _remember(parse: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function that parses each record once: the simulated table and the services change none in place."""
    known: dict[int, tuple[Mapping[str, Any], Any]] = {}

    def find(item: Mapping[str, Any]) -> Any:
        if "state" not in item:
            return parse(item)
        found = known.get(id(item))
        # The memory holds the item, so that no other one has its id.
        if found is not None:
            return found[1]
        if len(known) >= _FEW:
            known.clear()
        result = parse(item)
        known[id(item)] = (item, result)
        return result

    return find


def _remember_objects(compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that computes once for each object: those of settings never change."""
    known: dict[int, tuple[Any, Any]] = {}

    def find(one: Any) -> Any:
        found = known.get(id(one))
        if found is None:
            if len(known) >= _FEW:
                known.clear()
            # The memory holds the object, so that no other one has its id.
            known[id(one)] = found = (one, compute(one))
        return found[1]

    return find


show_http_date = lru_cache(maxsize=_MANY)(lambda moment: format_datetime(moment, usegmt=True))

SHORTCUTS: dict[str, Any] = {
    "tracer": _Tracer,
    "trace": SimpleNamespace(get_current_span=lambda: _SPAN),
    "context": SimpleNamespace(get_current=lambda: None),
    "make_links": lambda _: [],
    "record_span": lambda *_, **__: None,
    "upload_context": lambda _: None,
    "upload_trace_id": lambda key, etag: f"{key} {etag}",
    "current_traceparent": lambda: None,
    "uuid": SimpleNamespace(uuid4=lambda: next(_numbers)),
    "parsedate_to_datetime": lru_cache(maxsize=_MANY)(parsedate_to_datetime),
    "parse_notification": _parse_once,
    "thumbnail_bases": lru_cache(maxsize=_MANY)(thumbnail_bases),
    "upload_digest": lru_cache(maxsize=_MANY)(upload_digest),
    "choose_shard": lru_cache(maxsize=_MANY)(choose_shard),
    "index_key_of": lru_cache(maxsize=_MANY)(index_key_of),
    "parse_item": _remember(parse_item),
    "parse_record": _remember(parse_record),
    "fingerprint": property(_remember_objects(vars(ThumbnailOptions)["fingerprint"].fget)),
    "thumbnail_options": property(_remember_objects(vars(ThumbnailSettings)["thumbnail_options"].fget)),
    "_to_storable": remember_storable(_to_storable),
    "quote": lru_cache(maxsize=_MANY)(quote),
    # Numbers, not secrets: a revision only has to differ from the one before.
    "secrets": SimpleNamespace(randbits=random.Random(1).getrandbits),  # noqa: S311 - as said
}
