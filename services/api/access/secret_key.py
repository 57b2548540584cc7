"""Signing secret of all processes of one pipeline: random, made by the first process, stored in the table."""

import secrets
from functools import cached_property

from services.aws.errors import WriteConflictError
from services.aws.shared import SharedItems
from services.contract.resources import SIGNING_KEY

_BYTES = 32


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
