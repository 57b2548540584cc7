"""Cursors: signed positions of a list, so that forged ones and those of another list are refused."""

from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from services.api.access.secret_key import SecretKey
from services.api.schema.problems import BadRequestError
from services.aws.table.listing import Positions


class Cursors:
    """Cursors of one pipeline. All processes share the key, so each can continue a list of another process."""

    def __init__(self, key: SecretKey) -> None:
        self._key = key

    def write(self, listing: str, positions: Positions, offset: int = 0) -> str:
        """Return a cursor. `listing` names the list and its filters; `offset` counts within the first entry.

        Raises: AwsError if the key cannot be read.
        """
        return str(self._make_serializer(listing).dumps([dict(positions), offset]))

    def read(self, listing: str, cursor: str) -> tuple[Positions, int]:
        """Return positions and offset. Raises: BadRequestError if it is forged or of another list, AwsError."""
        try:
            positions, offset = self._make_serializer(listing).loads(cursor)
        except (BadData, UnicodeError):
            raise BadRequestError("The cursor is not of this list. Begin without a cursor.") from None
        return {state: _parse_position(value) for state, value in positions.items()}, offset

    def _make_serializer(self, listing: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._key.remembered, salt=f"cursor {listing}")


def _parse_position(value: Any) -> tuple[str, str] | None:
    return None if value is None else (value[0], value[1])
