"""Access control of the embedded AWS, which checks no credentials although every web page can reach 127.0.0.1.

A browser sends the source of a request, and no page can change it: `Host` is the name that the page used, `Origin` and
`Sec-Fetch-Site` describe the page (https://www.w3.org/TR/fetch-metadata/). Clients other than browsers send neither of
the last two.
"""
# ruff: noqa: SLF001 - as in objects.py

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from ministack import app
from ministack.services import s3

_HOST: Final = re.compile(r"(127\.0\.0\.1|\[::1\]|([a-z0-9.-]+\.)?localhost)(:\d+)?", re.IGNORECASE)
_SIGNED_FOR_S3: Final = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": "/s3/aws4_request"}
_HEADERS_OF_PAGES: Final = "access-control-"

Answer = tuple[int, dict[str, str], bytes]


class RequestOrigin:
    """Source of one HTTP request, read from its ASGI scope."""

    def __init__(self, scope: Any) -> None:
        self._method: str = scope["method"]
        self._path: str = scope["path"]
        self._query: bytes = scope.get("query_string", b"")
        self._headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            # A repeated header becomes a value that matches no pattern below.
            self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def early_answer(self) -> Answer | None:
        """Return the answer to a request that ministack must not see: a refusal, or the answer to a preflight."""
        if reason := self._find_reason():
            return HTTPStatus.FORBIDDEN, {"Content-Type": "application/xml"}, _make_denial(reason)
        if self._method == "OPTIONS" and "origin" in self._headers and (target := self._s3_target()):
            status, headers, body = s3.cors_preflight(*target, self._headers)
            return status, headers, body
        return None

    def filter_headers(self, answered: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return the headers of an answer with those that let the page read it, if the bucket's CORS rules do.

        ministack lets every page read every answer.
        """
        kept = [(name, value) for name, value in answered if not name.lower().startswith(_HEADERS_OF_PAGES.encode())]
        return kept + [(name.lower().encode(), value.encode()) for name, value in self._cors_headers().items()]

    def _find_reason(self) -> str | None:
        """Return the reason to refuse the request, if there is one."""
        if not _HOST.fullmatch(self._headers.get("host", "")):
            return "The Host header is not a name of this machine."
        path = self._path.lstrip("/")
        if path.startswith("_") or path == "health":
            return "There are no management paths."
        site = self._headers.get("sec-fetch-site", "none")
        if "origin" in self._headers:
            is_preflight = self._method == "OPTIONS" and self._s3_target()
            return None if is_preflight or self._cors_headers() else "The bucket's CORS rules do not name this Origin."
        if site == "none" or (site == "same-site" and self._is_presigned_read()):
            return None
        return "The request comes from a web page without an Origin."

    def _cors_headers(self) -> Mapping[str, str]:
        target = self._s3_target()
        allowed: Mapping[str, str] = s3.cors_response_headers(target[0], self._method, self._headers) if target else {}
        return allowed

    def _s3_target(self) -> tuple[str, str] | None:
        """Return the bucket and the key that an S3 request names; None for one to another service."""
        if "x-amz-target" in self._headers:
            return None
        target: tuple[str, str] | None = app._s3_cors_target(self._headers["host"], self._path)
        return target

    def _is_presigned_read(self) -> bool:
        """Return True for a presigned URL, as of the dashboard's pictures: browsers load them without Origin."""
        query = parse_qs(self._query.decode("latin-1"))
        return self._method in {"GET", "HEAD"} and all(
            query.get(name, [""])[0].endswith(end) for name, end in _SIGNED_FOR_S3.items()
        ) and "X-Amz-Signature" in query  # fmt: skip


def _make_denial(reason: str) -> bytes:
    return f"<Error><Code>AccessDenied</Code><Message>{reason}</Message></Error>".encode()
