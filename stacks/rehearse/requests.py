"""AWS requests of a rehearsal, as the proxy in front of the embedded AWS saw them."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_CONTENTS = ("body", "answer")


@dataclass(frozen=True)
class RecordedRequest:
    """One request and the status of its answer."""

    principal: str
    """Sender: `admin` (bootstrap), `deploy`, `worker` or `api`. Each has a port of its own at the proxy."""
    stack: str
    """The stack that was deployed or destroyed meanwhile; empty for services."""
    service: str
    """Signing name in the Authorization header, such as `s3` or `dynamodb`."""
    region: str
    method: str
    path: str
    """Path as sent, still encoded, without the query."""
    query: str
    headers: Mapping[str, str]
    """Headers by lower-case name, without Authorization."""
    body: bytes
    status: int
    answer: bytes = b""
    """Body of the answer, which names what was created; empty for S3, whose answers may be large and name nothing."""

    def to_line(self) -> str:
        """Return the request as a line of JSON."""
        return json.dumps({**vars(self), "headers": dict(self.headers), **_encoded(self)})


def read_requests(file: Path) -> Iterator[RecordedRequest]:
    """Yield the requests of a file with one line of JSON each."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            contents = {name: base64.b64decode(fields.get(name, "")) for name in _CONTENTS}
            yield RecordedRequest(**{**fields, **contents})


def _encoded(request: RecordedRequest) -> dict[str, str]:
    return {name: base64.b64encode(getattr(request, name)).decode() for name in _CONTENTS}
