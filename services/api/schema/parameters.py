"""Parameters of requests: the choice of videos that lists and jobs share, and the check of a query.

An operation takes the query parameters of the OpenAPI document, and no others.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import HTTPConnection

from services.api.schema.problems import UnprocessableError
from services.contract.keys import UPLOAD_PREFIX
from services.contract.records import ReasonCode, VideoRecord, VideoState
from services.contract.text import fold_text


def _refuse_number(text: Any) -> Any:
    """Raise ValueError for a number, which pydantic would take for seconds since 1970."""
    if isinstance(text, str) and text.lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("must be a time with a zone, such as 2026-11-29T10:00:00Z")
    return text


Time = Annotated[AwareDatetime, BeforeValidator(_refuse_number)]


class VideoChoice(BaseModel):
    """Filter of videos: a video must match every given field."""

    model_config = ConfigDict(frozen=True)

    state: VideoState | None = Field(
        default=None, description="Only videos in this state.", examples=[VideoState.FAILED]
    )
    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Only videos whose key contains this text. Case and accents do not count.",
        examples=["harbour"],
    )
    folder: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Only videos in this folder of the uploads, or below it.",
    )
    extension: str | None = Field(
        default=None, pattern=r"^\.[A-Za-z0-9]{1,16}$", description="Only videos with this extension, such as `.mp4`."
    )
    reason_code: ReasonCode | None = Field(default=None, description="Only degraded or failed videos for this reason.")
    since: Time | None = Field(default=None, description="Only videos uploaded at this time or later.")
    until: Time | None = Field(default=None, description="Only videos uploaded before this time.")

    def make_test(self) -> Callable[[VideoRecord], bool] | None:
        """Return the test of a record, None if all videos of the state are wanted."""
        if not self.model_dump(exclude_none=True, include=set(VideoChoice.model_fields) - {"state"}):
            return None
        text = fold_text(self.q) if self.q else ""
        prefix = f"{UPLOAD_PREFIX}{self.folder.strip('/')}/" if self.folder and self.folder.strip("/") else ""
        extension = (self.extension or "").lower()

        def matches(record: VideoRecord) -> bool:
            return (
                record.key.startswith(prefix)
                and record.key.lower().endswith(extension)
                and self.reason_code in (None, record.reason_code)
                and (self.since is None or record.uploaded_at >= self.since)
                and (self.until is None or record.uploaded_at < self.until)
                and text in fold_text(record.key)
            )

        return matches


async def check_parameters(connection: HTTPConnection) -> None:
    """Raise UnprocessableError if the query has a parameter that the operation does not take, or one more than once.

    A misspelt filter would otherwise return a list without the filter; of a repeated one, only the last would count.
    """
    if connection.scope["type"] != "http" or not connection.query_params:
        return
    known = _list_query_parameters(connection.scope["route"])
    given: set[str] = set()
    for name, value in connection.query_params.multi_items():
        if name not in known:
            taken = f"the operation takes {', '.join(known)}" if known else "the operation takes none"
            raise UnprocessableError(f"query.{name[:100]}", f"is not a parameter; {taken}", value=value)
        if name in given:
            raise UnprocessableError(f"query.{name}", "is given more than once", value=value)
        given.add(name)


def _list_query_parameters(route: APIRoute) -> list[str]:
    """Return the names of the query parameters in order, as in the OpenAPI document, which takes a second to make."""
    others = (Path, Header, Cookie)
    return sorted(one.alias for one in get_flat_params(route.dependant) if not isinstance(one.field_info, others))


CHECKED = [Depends(check_parameters)]
"""Dependencies of the routers whose operations take the parameters of the document and no others."""
