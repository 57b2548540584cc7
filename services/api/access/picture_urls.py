"""Stable URLs of thumbnails: signed, so that a page can show them without a login.

The signature is an HMAC-SHA256 of the video's key, the number of the thumbnail and the expiry, with a key that derives
from the signing secret in the videos table. All processes make and accept the same URLs.
"""

import hmac
import time
from collections.abc import Callable
from urllib.parse import quote

from services.api.access.secret_key import SecretKey, sign_text
from services.api.schema.problems import ForbiddenError
from services.api.schema.views import encode_video_id

PATH = "/t"
_PURPOSE = b"stable URL of a thumbnail"


class PictureUrls:
    def __init__(self, key: SecretKey, public_url: str | None, now_s: Callable[[], float] = time.time) -> None:
        """Set the signing secret, and the address before the path; without one, URLs are relative to the api."""
        self._key = key
        self._origin = public_url or ""
        self._now_s = now_s

    def make_url(self, video_key: str, number: int, *, lifetime_s: int | None = None) -> str:
        """Return the URL of a thumbnail, without an expiry unless there is a lifetime. Raises: AwsError."""
        expires_s = None if lifetime_s is None else int(self._now_s()) + lifetime_s
        expiry = "" if expires_s is None else f"e={expires_s}&"
        path = f"{PATH}/{encode_path(video_key)}/{number}.jpg"
        return f"{self._origin}{path}?{expiry}s={self._sign(video_key, number, expires_s)}"

    def check_url(self, video_key: str, number: int, *, signature: str, expires_s: int | None) -> float | None:
        """Return the seconds until the URL expires, None if it never does.

        Raises: ForbiddenError, with the same message for every reason; AwsError if the secret cannot be read.
        """
        is_signed = hmac.compare_digest(self._sign(video_key, number, expires_s).encode(), signature.encode())
        left_s = None if expires_s is None else expires_s - self._now_s()
        if not is_signed or (left_s is not None and left_s <= 0):
            raise ForbiddenError("The signature of this address is not valid.")
        return left_s

    def _sign(self, video_key: str, number: int, expires_s: int | None) -> str:
        # The key comes last: it can contain any character.
        signed = f"{number}\n{'' if expires_s is None else expires_s}\n{video_key}"
        return sign_text(self._key.remembered, _PURPOSE, signed)


def encode_path(video_key: str) -> str:
    """Return a key for a path; its id if a browser or a proxy would change the key's empty or dotted segments."""
    is_stable = not {"", ".", ".."} & set(video_key.split("/"))
    return quote(video_key, safe="/") if is_stable else encode_video_id(video_key)
