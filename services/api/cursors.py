"""Cursors: where a page ended, signed, so that one that was made up or is for another list is refused."""

from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from services.api.problems import BadRequestError
from services.aws.listing import Positions


class Cursors:
    """Cursors of one pipeline. The key only has to be the same in all processes: a cursor tells nothing secret."""

    def __init__(self, key: str) -> None:
        self._key = key

    def write(self, listing: str, positions: Positions, offset: int = 0) -> str:
        """`listing` names what is listed, with its filters; `offset` counts within the first entry."""
        return str(self._serializer(listing).dumps([dict(positions), offset]))

    def read(self, listing: str, cursor: str) -> tuple[Positions, int]:
        """Raises: BadRequestError if it was not written by us for this list."""
        try:
            positions, offset = self._serializer(listing).loads(cursor)
        except (BadData, UnicodeError):
            raise BadRequestError("The cursor is none of this list: begin without one.") from None
        return {state: _position(value) for state, value in positions.items()}, offset

    def _serializer(self, listing: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"cursor {listing}")


def _position(value: Any) -> tuple[str, str] | None:
    return None if value is None else (value[0], value[1])
