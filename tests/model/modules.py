"""The modules under test, and the names in each that the simulation replaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.api import calls
from services.api.actions import (
    confirmations,
    dead_letters,
    dismissal,
    lost_pictures,
    purge,
    purge_job,
    purge_run,
    reindex,
)
from services.api.actions import deletion as deletion_action
from services.api.jobs import batches
from services.api.reconciliation import changes, reconciler
from services.aws import queue, ranges, videos
from services.aws.errors import ServiceError
from services.aws.table import batches as table_batches
from services.aws.table import items, listing, outbox, totals, transactions
from services.contract import origin, shards
from services.contract.settings.thumbnails import ThumbnailSettings
from services.contract.thumbnails import ThumbnailOptions
from services.worker import deletion, earlier_results, loop, object_source, pause, pictures, precedence, process
from tests.model.aws.attributes import deserialize, serialize
from tests.model.extraction import FIRST_BYTES
from tests.model.shortcuts import SHORTCUTS
from tests.model.simulation import CURRENT
from tests.model.threads import replaced_in

_PATCHED: dict[ModuleType | type, str] = {
    pause: "time structlog",
    loop: (
        "threading time random ThreadPoolExecutor structlog _POLL_INTERVAL_S tracer trace make_links record_span "
        "upload_context upload_trace_id parse_notification"
    ),
    process: "datetime tracer thumbnail_bases secrets",
    pictures: "threading ThreadPoolExecutor",
    precedence: "threading time",
    earlier_results: "ThreadPoolExecutor",
    deletion: "thumbnail_bases",
    object_source: "tracer context",
    queue: "current_traceparent",
    origin: "upload_digest quote",
    shards: "choose_shard",
    videos: "time index_key_of secrets parse_item parse_record",
    listing: "parse_item",
    ThumbnailOptions: "fingerprint",
    ThumbnailSettings: "thumbnail_options",
    items: "_to_storable _serialize _deserialize index_key_of",
    totals: "time choose_shard",
    outbox: "datetime",
    table_batches: "time",
    transactions: "time random uuid",
    ranges: "_request_range _FIRST_BYTES parsedate_to_datetime",
    calls: "threading",
    confirmations: "time datetime",
    dead_letters: "time",
    deletion_action: "time datetime _POLL_INTERVAL_S",
    dismissal: "datetime",
    batches: "time ThreadPoolExecutor",
    reconciler: "ThreadPoolExecutor",
    changes: "datetime",
    lost_pictures: "datetime",
    purge: "threading time datetime structlog _CLOCK_EVERY_S _POLL_INTERVAL_S",
    purge_job: "datetime",
    purge_run: "threading time datetime structlog _POLL_INTERVAL_S",
    reindex: "datetime upload_digest thumbnail_bases",
}


def _request_range(name: str, url: str, asked: dict[str, str]) -> Any:
    """Fail as the real function does: an error answer is returned, and a lost connection is a ServiceError."""
    try:
        return CURRENT.simulation.s3.request_range(url, asked)
    except ClientError as error:
        return 503, {}, b"<Code>%s</Code>" % error.response["Error"]["Code"].encode()
    except BotoCoreError as error:
        raise ServiceError(f"{name}: {type(error).__name__}") from None


@contextmanager
def simulated_modules() -> Iterator[None]:
    """Give the services' modules the simulated threads, clocks and requests."""
    # Coarser polls within a process: they decide nothing, and each costs a step.
    more: dict[str, Any] = {
        "_request_range": _request_range,
        "_FIRST_BYTES": FIRST_BYTES,
        "_POLL_INTERVAL_S": 20.0,
        "_CLOCK_EVERY_S": 0.5,
    }
    more |= {"_serialize": serialize, "_deserialize": deserialize}
    with replaced_in(_PATCHED, **SHORTCUTS, **more):
        yield
