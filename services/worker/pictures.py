"""Storage of a video's outputs in the bucket: thumbnails, manifest, and if requested a storyboard and a preview."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from services.aws.bucket import NOTHING, Bucket
from services.aws.errors import ObjectChangedError, ObjectMissingError, ServiceError
from services.contract.keys import (
    candidates_key,
    manifest_key,
    poster_key,
    preview_key,
    sheet_key,
    storyboard_key,
    storyboard_track_key,
    thumbnail_key,
)
from services.contract.origin import origin_metadata, overview_metadata
from services.contract.outputs.manifest import CONTENT_TYPE
from services.contract.outputs.stored import PosterCandidate, StoredManifest, StoredPoster
from services.contract.records import StoredPreview, StoredThumbnail, VideoRecord
from services.contract.settings import WorkerSettings
from services.contract.storyboards.files import StoryboardFile, list_files
from services.contract.storyboards.layout import StoryboardFormat
from services.contract.storyboards.stored import StoredStoryboard
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction import outcome as extraction
from services.worker.extraction.outcome import Outcome
from services.worker.manifest import build_manifest

WRITES_AT_ONCE = 4
"""Upper limit of parallel writes of one video: its three thumbnails and its manifest."""

_MAX_ATTEMPTS = 5
_CHECK_AFTER = timedelta(seconds=1)
"""Time since the last look at the record after which a picture is stored only if the record is still the same. A fast
worker saves these reads."""


class SupersededError(Exception):
    """Another upload has taken the record, and perhaps the pictures under its base."""


@dataclass(frozen=True)
class Picture:
    """An object to store."""

    key: str
    body: bytes
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class PictureStore:
    """Writer of the pictures of one record, which never replaces those of a newer upload.

    A worker that has lost its record may still be storing pictures. Each write is therefore conditional: there is no
    object under the key yet, or it is still the one that existed while `is_current` was true. `current_at` is a time of
    `now` at which the record was current. With `replaces`, the pictures of an earlier result are stored: their ETags
    are read first, which saves a request that S3 would refuse.
    """

    def __init__(
        self,
        bucket: Bucket,
        is_current: Callable[[], bool],
        now: Callable[[], datetime],
        current_at: datetime,
        *,
        replaces: bool = False,
    ) -> None:
        self._bucket = bucket
        self._is_current = is_current
        self._now = now
        self._current_at = current_at
        self._replaces = replaces
        self._check = threading.Lock()

    def put_all(self, pictures: Sequence[Picture]) -> None:
        """Store pictures in parallel. All writes have ended when this returns or raises.

        A purge relies on it: it waits for a video in progress, and a worker that gave up must store nothing later.
        Raises: SupersededError, AwsError.
        """
        with ThreadPoolExecutor(WRITES_AT_ONCE, thread_name_prefix="store") as pool:
            replaced = [NOTHING] * len(pictures)
            if self._replaces and pictures:
                replaced = list(pool.map(self._current_etag, [picture.key for picture in pictures]))
                self._require_current(pictures[0].key, self._now())
            list(pool.map(self.put, pictures, replaced))

    def put(self, picture: Picture, replaces: str = NOTHING) -> None:
        """Store one object in place of the one with the ETag `replaces`. Raises: SupersededError, AwsError."""
        key, body, metadata = picture.key, picture.body, picture.metadata
        self._check_if_slow(key)
        for _ in range(_MAX_ATTEMPTS):
            try:
                self._bucket.put(key, body, content_type=picture.content_type, metadata=metadata, replaces=replaces)
            except (ObjectChangedError, ObjectMissingError):
                replaces = self._current_etag(key)
                if not self._is_current():
                    raise SupersededError(key) from None
            else:
                return
        raise ServiceError(f"PUT {key}: it kept changing")

    def _check_if_slow(self, key: str) -> None:
        """Look at the record again after a while: another attempt may have ended, and a purge removed the record.

        Nothing would delete the pictures that are stored then. One look is enough for parallel writes.
        """
        with self._check:
            now = self._now()
            if now - self._current_at > _CHECK_AFTER:
                self._require_current(key, now)

    def _require_current(self, key: str, now: datetime) -> None:
        if not self._is_current():
            raise SupersededError(key)
        self._current_at = now

    def _current_etag(self, key: str) -> str:
        try:
            return self._bucket.head(key).etag
        except ObjectMissingError:
            return NOTHING


def store_pictures(
    store: PictureStore, record: VideoRecord, outcome: Outcome, settings: WorkerSettings
) -> Mapping[str, object]:
    """Store the pictures of an outcome under the record's base. Return the record's fields that describe them.

    A pinned poster comes first, as a person waits for it. The thumbnails come last: a reindex takes a video for done if
    they exist. The manifest is stored together with them, so that no video takes longer for it.

    Raises: SupersededError, AwsError.
    """
    options = settings.thumbnail_options.replace(record.options)
    image_format = options.format
    overviews: list[Picture] = []
    storyboard = preview = poster = None
    if outcome.storyboard:
        storyboard, overviews = _make_storyboard(record, outcome.storyboard, outcome, options)
    if outcome.preview:
        preview, picture = _make_preview(record, outcome.preview)
        overviews.append(picture)
    if outcome.poster:
        poster, files = _make_poster(record, outcome.poster, image_format)
        overviews += files
    made = {"storyboard": storyboard, "preview": preview, "poster": poster}
    also = " ".join(name for name, one in {**made, "manifest": settings.thumbnail_manifest}.items() if one)
    thumbnails = []
    pictures = []
    for number, extracted in enumerate(outcome.pictures, start=1):
        thumbnail = StoredThumbnail(
            position_pct=extracted.position_pct,
            time_s=extracted.time_s,
            key=thumbnail_key(record.base, number, image_format.extension),
            width_px=extracted.width_px,
            height_px=extracted.height_px,
            size_bytes=len(extracted.data),
            note=extracted.note,
            thumbhash=extracted.placeholder.thumbhash if extracted.placeholder else None,
        )
        origin = origin_metadata(record, thumbnail, count=len(outcome.pictures), also=also)
        pictures.append(Picture(thumbnail.key, extracted.data, image_format.content_type, origin))
        thumbnails.append(thumbnail)
    manifest = None
    if settings.thumbnail_manifest:
        listed = build_manifest(
            record, outcome, [*pictures, *overviews], shows_location=settings.thumbnail_location
        ).encode()
        manifest = StoredManifest(key=manifest_key(record.base), size_bytes=len(listed))
        pictures.append(Picture(manifest.key, listed, CONTENT_TYPE, overview_metadata(record, manifest)))
    pinned = poster.key if poster and poster.is_pinned else None
    store.put_all([picture for picture in overviews if picture.key == pinned])
    store.put_all([picture for picture in overviews if picture.key != pinned])
    store.put_all(pictures)
    return {"thumbnails": tuple(thumbnails), **made, "manifest": manifest}


def describe_storyboard(
    made: extraction.ExtractedStoryboard,
    base: str,
    duration_s: float,
    image_format: ImageFormat,
    formats: Sequence[StoryboardFormat] = (),
) -> tuple[StoredStoryboard, list[StoryboardFile]]:
    """Return a storyboard as in a record, and its files."""
    extension, count = image_format.extension, len(made.sheets)
    storyboard = StoredStoryboard(
        key=storyboard_key(base, extension) if count == 1 else sheet_key(base, 1, extension),
        track_key=storyboard_track_key(base),
        interval_s=made.interval_s,
        tiles=made.tiles,
        columns=made.columns,
        tile_width_px=made.tile_width_px,
        tile_height_px=made.tile_height_px,
        size_bytes=0,
        sheets=count,
        rows=made.rows,
        formats=tuple(formats),
    )
    sheets, frames = [sheet.data for sheet in made.sheets], [frame.data for frame in made.frames]
    files = list_files(storyboard, base, duration_s, sheets=sheets, frames=frames)
    return storyboard.model_copy(update={"size_bytes": sum(len(file.body) for file in files)}), files


def _make_storyboard(
    record: VideoRecord, made: extraction.ExtractedStoryboard, outcome: Outcome, options: ThumbnailOptions
) -> tuple[StoredStoryboard, list[Picture]]:
    duration_s = (outcome.info and outcome.info.duration_s) or made.tiles * made.interval_s
    formats = options.storyboard_layout.formats
    storyboard, files = describe_storyboard(made, record.base, duration_s, options.format, formats)
    about = overview_metadata(record, storyboard)
    # A reindex reads the metadata of the first sheet.
    first, *others = files
    return storyboard, [
        Picture(first.key, first.body, first.content_type, about),
        *(Picture(file.key, file.body, file.content_type) for file in others),
    ]


def _make_preview(record: VideoRecord, made: extraction.ExtractedPreview) -> tuple[StoredPreview, Picture]:
    preview = StoredPreview(
        key=preview_key(record.base),
        frames=made.frames,
        duration_s=made.duration_s,
        width_px=made.width_px,
        height_px=made.height_px,
        size_bytes=len(made.data),
    )
    return preview, Picture(preview.key, made.data, "image/webp", overview_metadata(record, preview))


def _make_poster(
    record: VideoRecord, made: extraction.ExtractedPoster, image_format: ImageFormat
) -> tuple[StoredPoster, list[Picture]]:
    strip = made.strip.data
    poster = StoredPoster(
        key=poster_key(record.base, image_format.extension),
        time_s=made.time_s,
        width_px=made.width_px,
        height_px=made.height_px,
        size_bytes=len(made.data) + len(strip),
        tile_width_px=made.tile_width_px,
        tile_height_px=made.tile_height_px,
        is_pinned=made.is_pinned,
        candidates=tuple(PosterCandidate(**asdict(one)) for one in made.candidates),
    )
    content_type = image_format.content_type
    return poster, [
        Picture(poster.key, made.data, content_type, overview_metadata(record, poster)),
        Picture(candidates_key(record.base, image_format.extension), strip, content_type),
    ]
