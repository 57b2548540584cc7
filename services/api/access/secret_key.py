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


class SecretMissingError(LookupError):
    """No process has made the secret yet, so nothing is signed with it."""


class SecretKey:
    """Signing secret for every auth mode. Each use has its own salt, so that a signature is valid for one use only."""

    def __init__(self, shared: SharedItems, *, creates: bool = True) -> None:
        """Set the table. Without `creates` the secret is only read, by a process that may write nothing."""
        self._shared = shared
        self._creates = creates

    def read(self) -> str:
        """Return the secret in the table; create it if there is none. Raises: SecretMissingError, AwsError."""
        document = self._shared.document(SIGNING_KEY)
        if document.content is None and not self._creates:
            raise SecretMissingError
        if document.content is None:
            try:
                document = self._shared.write(SIGNING_KEY, document, secrets.token_hex(_BYTES))
            except WriteConflictError:
                # Another process has just made it.
                document = self._shared.document(SIGNING_KEY)
        return str(document.content)

    @cached_property
    def remembered(self) -> str:
        """Return the secret, read from the table once per process. Raises: as `read`."""
        return self.read()
