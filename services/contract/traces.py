"""One id for everything that happens to an upload, in every log line and as the trace of its spans."""

import hashlib

_HEX_DIGITS = 32


def upload_trace_id(key: str, etag: str) -> str:
    """Return the trace id of an upload: 32 hexadecimal digits, from key and ETag.

    S3's notifications carry no trace context. Worker and api therefore calculate the id, so it is the same for every
    delivery, try, retry and redrive of an upload. The same content under the same key has the same id.
    """
    return hashlib.sha256(f"{key}\n{etag}".encode()).hexdigest()[:_HEX_DIGITS]
