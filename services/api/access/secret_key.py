"""Signing secret of all processes of one pipeline: random, made by the first process, stored in the table."""

import base64
import hmac
import secrets
from functools import cached_property

from services.aws.errors import WriteConflictError
from services.aws.shared import SharedItems
from services.contract.resources import SIGNING_KEY

_BYTES = 32


def sign_text(secret: str, purpose: bytes, text: str) -> str:
    """Return an HMAC-SHA256 in base64 for URLs, with a key that derives from the secret for one purpose."""
    key = hmac.digest(secret.encode(), purpose, "sha256")
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


class SecretKey:
    """Signing secret for every auth mode. Each use has its own salt, so that a signature is valid for one use only."""

    def __init__(self, shared: SharedItems) -> None:
        self._shared = shared

    def read(self) -> str:
        """Return the secret in the table; create it if there is none. Raises: AwsError."""
        document = self._shared.document(SIGNING_KEY)
        if document.content is None:
            try:
                document = self._shared.write(SIGNING_KEY, document, secrets.token_hex(_BYTES))
            except WriteConflictError:
                # Another process has just made it.
                document = self._shared.document(SIGNING_KEY)
        return str(document.content)

    @cached_property
    def remembered(self) -> str:
        """Return the secret, read from the table once per process. Raises: AwsError."""
        return self.read()
