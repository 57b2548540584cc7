"""Gallery: thumbnails of all videos, the newest first."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.api.calls import AwsCalls
from services.api.routes.paging import Cursor, Limit
from services.api.schema import views
from services.api.schema.models import Thumbnail, ThumbnailPage
from services.api.schema.parameters import CHECKED
from services.api.schema.problems import document_problems
from services.api.services import ApiServices, Services, Viewer
from services.contract.records import VideoState

router = APIRouter(tags=["videos"], dependencies=CHECKED)

_WITH_THUMBNAILS = (VideoState.DONE, VideoState.DEGRADED)
_FRESH_S = 2.0
_KEPT = 64


class PageCache:
    """Cache of pages as JSON, for a moment: a thousand clients that learn of a new video request the same page.

    Concurrent requests for a page share one call, and none waits while the previous page is fresh enough. A page is no
    longer used after a change of the videos that this process knows of.
    """

    def __init__(self) -> None:
        self._pages: dict[tuple[object, ...], _Page] = {}

    async def get_page(
        self, calls: AwsCalls, asked: tuple[object, ...], generation: int, make: Callable[[], bytes]
    ) -> bytes:
        """Return the cached page, or the result of `make`. Raises: the errors of `AwsCalls.run`."""
        question = ("thumbnails", asked, generation)
        page = self._pages.get(asked)
        if page is not None and page.generation == generation:
            good_for_s = 2 * _FRESH_S if calls.is_running(question) else _FRESH_S
            if time.monotonic() - page.made_at < good_for_s:
                return page.body
        body = await calls.run_shared(question, make)
        if asked not in self._pages and len(self._pages) >= _KEPT:
            self._pages.clear()
        self._pages[asked] = _Page(body, generation, time.monotonic())
        return body


@dataclass(frozen=True)
class _Page:
    body: bytes
    generation: int
    made_at: float


_pages = PageCache()


@router.get(
    "/api/thumbnails",
    operation_id="listThumbnails",
    summary="List thumbnails, the newest first",
    response_model=ThumbnailPage,
    responses=document_problems(400, 401, 429, 503),
)
async def list_thumbnails(
    _: Viewer,
    services: Services,
    position: Annotated[
        float | None, Query(gt=0, lt=100, description="Only thumbnails of this position, in percent.", examples=[10])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 48,
) -> Response:
    """List thumbnails. Their URLs are valid for `URL_LIFETIME_S`, and stay the same for minutes, for browser caches."""
    asked = (id(services), position, cursor, limit)
    make = partial(_make_page, services, position, cursor, limit)
    body = await _pages.get_page(services.calls, asked, services.live.generation, make)
    return Response(body, media_type="application/json")


def _make_page(services: ApiServices, position: float | None, cursor: str | None, limit: int) -> bytes:
    listing = f"thumbnails {position}"
    start, offset = services.cursors.read(listing, cursor) if cursor else ({}, 0)
    items: list[Thumbnail] = []
    each_gives = len(services.settings.thumbnail_positions) if position is None else 1
    before = start
    while True:
        # The first `offset` thumbnails of the first video were on the previous page.
        wanted = math.ceil((offset + limit - len(items)) / each_gives)
        page = services.listing.page(_WITH_THUMBNAILS, wanted, start=before)
        for record in page.records:
            shown = [one for one in record.thumbnails if position in (None, one.position_pct)]
            room = limit - len(items)
            if room == 0:
                return _dump_page(services, listing, items, before, offset)
            taken = shown[offset : offset + room]
            part = record.model_copy(update={"thumbnails": tuple(taken)})
            items += views.show_thumbnails(part, services.sign_url, services.picture_urls.make_url)
            if len(taken) < len(shown[offset:]):
                return _dump_page(services, listing, items, before, offset + len(taken))
            offset = 0
            before = {**before, record.state: views.listing_position(record)}
        before = page.positions
        if page.is_last:
            return ThumbnailPage(items=items, next_cursor=None).model_dump_json().encode()
        if len(items) == limit:
            return _dump_page(services, listing, items, before, 0)


def _dump_page(services: ApiServices, listing: str, items: list[Thumbnail], positions: object, offset: int) -> bytes:
    cursor = services.cursors.write(listing, positions, offset)  # type: ignore[arg-type]
    return ThumbnailPage(items=items, next_cursor=cursor).model_dump_json().encode()
