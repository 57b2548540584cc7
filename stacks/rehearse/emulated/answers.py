"""A request to AWS and its answer, as the proxy passes them on."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class ProxyRequest:
    method: str
    path: str
    """Path as sent, still encoded, without the query."""
    query: str
    headers: dict[str, str]
    """Headers by lower-case name."""
    body: bytes

    @property
    def target(self) -> str:
        """Return the operation of a JSON protocol, such as `ServiceQuotasV20190624.GetServiceQuota`."""
        return self.headers.get("x-amz-target", "")

    @property
    def form(self) -> dict[str, str]:
        """Return the parameters of the Query protocol; none of other protocols."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body or b"{}")
        return document


@dataclass(frozen=True)
class ProxyAnswer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(document: dict[str, Any], status: int = 200) -> ProxyAnswer:
    return ProxyAnswer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def json_error(code: str, message: str, status: int) -> ProxyAnswer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return ProxyAnswer(status, body, {"Content-Type": "application/json", "x-amzn-ErrorType": code})
