"""URLs of frames on demand: signed by the api for a caller with a login, checked by the frames service.

The signature is an HMAC-SHA256 of the video's key, all options and the expiry, with a key that derives from the signing
secret in the videos table. It does not depend on the order of the parameters or on how a number is written.
"""

import hmac
import time
from collections.abc import Callable
from urllib.parse import urlencode

from services.api.access.picture_urls import encode_path
from services.api.access.secret_key import SecretKey, SecretMissingError, sign_text
from services.api.schema.problems import ForbiddenError
from services.contract.frames import FRAMES_PATH, FrameForm, FrameOptions

_PURPOSE = b"URL of a frame"
REFUSED = "The signature of this address is not valid."


class FrameUrls:
    def __init__(self, key: SecretKey, public_url: str | None, now_s: Callable[[], float] = time.time) -> None:
        """Set the signing secret, and the address before the path; without one, URLs are relative to the dashboard."""
        self._key = key
        self._origin = public_url or ""
        self._now_s = now_s

    def make_url(self, video_key: str, options: FrameOptions, *, lifetime_s: int | None = None) -> str:
        """Return the URL of a frame, without an expiry unless there is a lifetime. Raises: AwsError."""
        expires_s = None if lifetime_s is None else int(self._now_s()) + lifetime_s
        query: dict[str, object] = {
            "t": _format_time(options.time_s),
            "w": options.width_px,
            "h": options.height_px,
        }
        query |= {"format": options.format.value, "quality": options.quality}
        if options.form is not FrameForm.FRAME:
            query |= {"form": options.form.value, "end": _format_time(options.end_s or 0)}
            query |= {"columns": options.columns, "rows": options.rows, "fps": options.fps}
        query["expires"] = expires_s
        query["signature"] = self._sign(video_key, options, expires_s)
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self._origin}{FRAMES_PATH}/{encode_path(video_key)}?{urlencode(given)}"

    def check_url(
        self, video_key: str, options: FrameOptions, *, signature: str, expires_s: int | None
    ) -> float | None:
        """Return the seconds until the URL expires, None if it never does.

        Raises: ForbiddenError, with the same message for every reason; AwsError if the secret cannot be read.
        """
        try:
            signed = self._sign(video_key, options, expires_s)
        except SecretMissingError:
            raise ForbiddenError(REFUSED) from None
        left_s = None if expires_s is None else expires_s - self._now_s()
        if not hmac.compare_digest(signed.encode(), signature.encode()) or (left_s is not None and left_s <= 0):
            raise ForbiddenError(REFUSED)
        return left_s

    def _sign(self, video_key: str, options: FrameOptions, expires_s: int | None) -> str:
        # The key comes last: it can contain any character.
        signed = f"{'' if expires_s is None else expires_s}\n{options.text}\n{video_key}"
        return sign_text(self._key.remembered, _PURPOSE, signed)


def _format_time(time_s: float) -> str:
    return f"{time_s:.3f}".rstrip("0").rstrip(".")
