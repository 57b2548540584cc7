"""The secret that all processes of one pipeline sign with: random, made by the first of them, kept in the table."""

import secrets
from functools import cached_property

from services.aws.errors import WriteConflictError
from services.aws.shared import SharedItems
from services.contract.resources import SIGNING_KEY

_BYTES = 32


class SecretKey:
    """Works in every auth mode. Whoever signs names the purpose as a salt, so that no signature serves another one."""

    def __init__(self, shared: SharedItems) -> None:
        self._shared = shared

    def read(self) -> str:
        """Return the secret as it is in the table; make it if there is none. Raises: AwsError."""
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
        """The secret, read once for the life of this process. Raises: AwsError."""
        return self.read()
