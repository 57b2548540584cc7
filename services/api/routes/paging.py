"""Query parameters of lists, and the header of answers that name a new resource."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field

from services.api.schema.parameters import VideoChoice

PAGE_MAX = 200

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Maximum number of entries of the page.")]
Cursor = Annotated[
    str | None,
    Query(min_length=1, max_length=4096, description="`next_cursor` of the previous page."),
]

LOCATION: dict[int | str, dict[str, Any]] = {
    202: {"headers": {"Location": {"description": "Path of the new resource.", "schema": {"type": "string"}}}}
}


class VideoFilter(VideoChoice):
    """Parameters of a query. A video is listed if it fulfils all that are given."""

    with_thumbnails: bool = Field(default=False, description="Only videos that have thumbnails: done or degraded.")
    order: Literal["newest", "oldest"] = Field(
        default="newest", description="By the time of the last change of state: the newest or the oldest first."
    )
