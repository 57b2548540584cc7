"""Errors of this package.

AwsError
├── ObjectMissingError    there is no object under that key
├── ObjectChangedError    another object has replaced the one that was being read
├── WriteConflictError    another process wrote the record in between
│   └── BaseTakenError    the name for the thumbnails belongs to another upload
├── RequestRefusedError   the service refuses the request itself: a retry does not help
└── ServiceError          throttled, unreachable, denied or broken: a retry may help
"""

from types import TracebackType

from botocore.exceptions import BotoCoreError, ClientError

MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NotFound"}
"""Error codes of S3 for a missing object."""

_CHANGED = {"412", "PreconditionFailed", "ConditionalRequestConflict"}
_REFUSED = {"EntityTooSmall", "InvalidArgument", "InvalidPart", "InvalidPartOrder", "InvalidRequest", "MalformedXML"}


class AwsError(Exception):
    """Root of this package's errors."""


class ObjectMissingError(AwsError):
    pass


class ObjectChangedError(AwsError):
    pass


class WriteConflictError(AwsError):
    pass


class BaseTakenError(WriteConflictError):
    pass


class RequestRefusedError(AwsError):
    pass


class ServiceError(AwsError):
    pass


class translate_errors:  # noqa: N801 - used as a function; as a generator it costs four times as much
    """Translate botocore's errors into this package's. The message has the action and the service's own message."""

    __slots__ = ("_action",)

    def __init__(self, action: str) -> None:
        self._action = action

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, ClientError):
            raise _translate_error(self._action, error) from error
        if isinstance(error, BotoCoreError):
            raise ServiceError(f"{self._action}: {error}") from error


def _translate_error(action: str, error: ClientError) -> AwsError:
    detail = error.response.get("Error", {})
    code = detail.get("Code", "")
    message = f"{action}: {code} {detail.get('Message', '')}".strip()
    if code in MISSING:
        return ObjectMissingError(message)
    if code in _CHANGED:
        return ObjectChangedError(message)
    if code in _REFUSED:
        return RequestRefusedError(message)
    if code == "ConditionalCheckFailedException":
        return WriteConflictError(message)
    return ServiceError(message)
