"""Confirmations of a purge: signed tokens with the counted objects and the time of expiry."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeSerializer

from services.api.access.secret_key import SecretKey
from services.api.schema.problems import UnconfirmedError

VALID_S = 60
_SALT = "purge confirmation"
_HOW = "Nothing was deleted. Get a confirmation from GET /api/purge and send it within a minute."


@dataclass(frozen=True)
class Counted:
    """Result of a preview: the number of objects stored before `cutoff`, a whole second of S3's clock."""

    id: str
    cutoff: datetime
    objects: int
    until_s: float
    """Expiry of the confirmation, in seconds since 1970."""


class Confirmations:
    def __init__(self, key: SecretKey) -> None:
        self._key = key

    def write(self, *, cutoff: datetime, objects: int) -> tuple[str, Counted]:
        """Return a new confirmation and its content. Raises: AwsError."""
        counted = Counted(secrets.token_hex(8), cutoff, objects, time.time() + VALID_S)
        said = [counted.id, int(cutoff.timestamp()), objects, counted.until_s]
        return str(self._serializer().dumps(said)), counted

    def read(self, confirmation: str | None) -> Counted:
        """Return the content of a confirmation.

        Raises: UnconfirmedError if it is missing, forged or expired; AwsError.
        """
        if not confirmation:
            raise UnconfirmedError(f"A purge needs a confirmation. {_HOW}")
        try:
            identity, cutoff_s, objects, until_s = self._serializer().loads(confirmation)
        except (BadData, UnicodeError):
            raise UnconfirmedError(f"The confirmation is not from this pipeline. {_HOW}") from None
        if time.time() > until_s:
            raise UnconfirmedError(f"The confirmation has expired. {_HOW}")
        return Counted(identity, datetime.fromtimestamp(cutoff_s, UTC), objects, until_s)

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._key.read(), salt=_SALT)
