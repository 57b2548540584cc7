"""Types of problems: one for each status that the api answers with, and the page that a problem's `type` leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

PROBLEMS_PATH = "/docs/problems"


@dataclass(frozen=True)
class ProblemType:
    """A type of problem. `cause` and `remedy` are sentences in Markdown, `example` is the detail of one problem."""

    status: HTTPStatus
    title: str
    """Name of the status in RFC 9110; `HTTPStatus.phrase` depends on the version of Python."""
    cause: str
    remedy: str
    example: str

    @property
    def slug(self) -> str:
        """Return the anchor of the type on the page of problems."""
        return self.title.lower().replace(" ", "-")

    @property
    def url(self) -> str:
        """Return the `type` of a problem: a reference with its full path, for the api's and the dashboard's address."""
        return f"{PROBLEMS_PATH}#{self.slug}"


_TYPES = (
    ProblemType(
        HTTPStatus.BAD_REQUEST,
        "Bad Request",
        "The body is not JSON, or the `cursor` is not of this list.",
        "Send valid JSON. Begin a list without a cursor, and keep its parameters for all of its pages.",
        "The cursor is not of this list. Begin without a cursor.",
    ),
    ProblemType(
        HTTPStatus.UNAUTHORIZED,
        "Unauthorized",
        "The request has no login, or its token or session is not valid.",
        "Send `Authorization: Bearer` and a token of the pipeline, or log in with `POST /api/session`.",
        "Log in, or send a token: Authorization: Bearer.",
    ),
    ProblemType(
        HTTPStatus.FORBIDDEN,
        "Forbidden",
        "The caller is a viewer and the operation needs an operator, or a page of another origin sent the request.",
        "Use an operator's token. Send requests of browsers from the dashboard's own address.",
        "This needs the role operator.",
    ),
    ProblemType(
        HTTPStatus.NOT_FOUND,
        "Not Found",
        "The path does not exist, or the video, upload or job that it names.",
        "Compare the path with the reference, and the key with `GET /api/videos`. "
        "A video is listed after a worker has received it for the first time.",
        "There is no video uploads/missing.mp4, or no worker has received it yet.",
    ),
    ProblemType(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Method Not Allowed",
        "The path exists, but not with this method.",
        "Use one of the methods in the header `Allow`.",
        "Method Not Allowed",
    ),
    ProblemType(
        HTTPStatus.REQUEST_TIMEOUT,
        "Request Timeout",
        "The request did not arrive in time, or the client did not read the answer in time.",
        "Send the whole request at once, and read the answer.",
        "The request did not arrive in time.",
    ),
    ProblemType(
        HTTPStatus.CONFLICT,
        "Conflict",
        "The operation is not possible in the present state, for example because another one runs.",
        "The detail names the reason and the next step.",
        "The video has its thumbnails. Regenerate it to get new ones.",
    ),
    ProblemType(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Content Too Large",
        "The body or the video is too large.",
        "Send less in one request. `upload_max_bytes` of `GET /api/config` is the limit of a video.",
        "A video has at most 10240 MiB.",
    ),
    ProblemType(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Unprocessable Content",
        "A field of the body, the path or the query breaks a rule, or is not known. "
        "`errors` has the place, the value and the rule of each.",
        "Correct all fields in `errors`.",
        "query.limit: Input should be less than or equal to 200",
    ),
    ProblemType(
        HTTPStatus.PRECONDITION_REQUIRED,
        "Precondition Required",
        "The operation deletes, and its confirmation is missing, forged, expired or used. Nothing was deleted.",
        "Get a new confirmation, and send it within a minute.",
        "A purge needs a confirmation.",
    ),
    ProblemType(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too Many Requests",
        "The address has sent ten wrong tokens, or too many frames of one video are being extracted.",
        "Wait for the seconds in `Retry-After`. A valid token is always accepted.",
        "Too many wrong tokens. Wait 6 s.",
    ),
    ProblemType(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "Request Header Fields Too Large",
        "The headers of the request are too large.",
        "Send fewer or shorter headers and cookies.",
        "The headers have more than 16384 bytes.",
    ),
    ProblemType(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal Server Error",
        "The api has failed unexpectedly. This is an error in the api.",
        "Look for `unexpected_error` in the log of the api, and report it.",
        "An unexpected error happened. The log of the api shows it.",
    ),
    ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service Unavailable",
        "AWS does not answer, or the service has too many requests or connections.",
        "Wait for the seconds in `Retry-After`, and send the request again.",
        "AWS does not answer correctly. Try again in a moment.",
    ),
)

PROBLEM_TYPES: Mapping[int, ProblemType] = {one.status.value: one for one in _TYPES}
