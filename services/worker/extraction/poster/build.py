"""The poster of one video, with its candidates: made after the thumbnails, which it never costs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import cv2
import numpy as np

from services.contract.outputs.stored import MAX_CANDIDATES
from services.contract.thumbnails import ThumbnailOptions
from services.worker.extraction.frames import exact
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.overview import fit_square
from services.worker.extraction.frames.request import FoundFrames, FrameRequest
from services.worker.extraction.outcome import ExtractedFile, ExtractedPoster, ExtractionError, Outcome, ScoredFrame
from services.worker.extraction.pixels import thumbnail
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.poster.candidates import CandidateSearch
from services.worker.extraction.poster.ranking import FaceScores, Ranked, rank_candidates

_TILE_PX = 160
_MIN_FLAWLESS = 2
"""Candidates without a flaw from which a poster is chosen: a single one may be part of a cross-fade."""
_MAX_READS = 4
"""Upper limit of batches of candidates that are read for themselves."""


def add_poster(
    outcome: Outcome,
    request: FrameRequest,
    found: FoundFrames,
    *,
    index_errors: tuple[type[Exception], ...],
    only_pin: bool = False,
) -> Outcome:
    """Return the outcome with the requested poster. It is left out if a picture cannot be encoded.

    With `only_pin`, the only candidate is the pinned frame; without this frame, there is no poster.

    Raises: SourceError.
    """
    if not request.options.has_poster:
        return outcome
    try:
        # Before the pin is read: its keyframes in the cache would be further candidates.
        ranked = [] if only_pin else _find_candidates(request, found, index_errors)
        pinned = _find_pinned(request, found, index_errors)
        if only_pin:
            # Its faces are not searched for: the candidates of before are kept.
            ranked = rank_candidates([pinned], {pinned.time_s: None}) if pinned else []
        if not ranked:
            return outcome
        return replace(outcome, poster=_build_poster(outcome, found.frames, ranked, request.options, pinned))
    # A child has little memory, and an encoder refuses some sizes: the thumbnails are finished already.
    except (ValueError, MemoryError, cv2.error):
        return outcome


def _find_candidates(
    request: FrameRequest, found: FoundFrames, index_errors: tuple[type[Exception], ...]
) -> list[Ranked]:
    search = CandidateSearch(request, found, index_errors=index_errors)
    return find_best(search, reads=request.options.smart)


def find_best(search: CandidateSearch, *, reads: bool) -> list[Ranked]:
    """Return the ranked candidates. Only if `reads` is set, and no candidate can be trusted, further ones are read.

    Raises: SourceError.
    """
    frames = search.list_decoded()
    faces: FaceScores = {}
    ranked = rank_candidates(frames, faces)
    for _ in range(_MAX_READS if reads else 0):
        best, flawless = ranked[0], sum(one.flaw is None for one in ranked)
        if flawless >= _MIN_FLAWLESS and not best.may_be_transition:
            break
        more = search.read_spread() if flawless < _MIN_FLAWLESS else search.read_near(best.frame.time_s)
        if not more:
            break
        frames += more
        ranked = rank_candidates(frames, faces)
    return ranked


def _find_pinned(request: FrameRequest, found: FoundFrames, index_errors: tuple[type[Exception], ...]) -> Frame | None:
    """Return the frame that a person has chosen; None if there is none, or if it cannot be reached.

    Raises: SourceError.
    """
    time_s = request.options.poster_time_s
    if not isinstance(time_s, float):
        return None
    find = exact.find_by_index if found.is_indexed else exact.find_by_decoding
    errors: tuple[type[Exception], ...] = (ExtractionError, *index_errors)
    try:
        return find(request, [time_s]).frames[0]
    except errors:
        return None


def _build_poster(
    outcome: Outcome,
    shown: Sequence[Frame],
    ranked: Sequence[Ranked],
    options: ThumbnailOptions,
    pinned: Frame | None,
) -> ExtractedPoster:
    best, kept = pinned or ranked[0].frame, ranked[:MAX_CANDIDATES]
    image = thumbnail.limit_size(best.image, options.format)
    # The best candidate is a thumbnail in most videos, which has been encoded.
    same = (picture.data for frame, picture in zip(shown, outcome.pictures, strict=True) if frame is best)
    data = next(same, None) or thumbnail.encode_image(image, options.format, quality=options.quality)
    tile_px = fit_square(best.image.shape, _TILE_PX)
    strip = compose_strip([one.frame.image for one in kept], tile_px)
    return ExtractedPoster(
        time_s=_round_time(best),
        width_px=image.shape[1],
        height_px=image.shape[0],
        data=data,
        tile_width_px=tile_px[0],
        tile_height_px=tile_px[1],
        strip=ExtractedFile(thumbnail.encode_image(strip, options.format, quality=options.quality)),
        is_pinned=pinned is not None,
        candidates=tuple(_describe_candidate(one) for one in kept),
    )


def compose_strip(images: Sequence[Image], tile_px: tuple[int, int]) -> Image:
    """Return the images side by side, each as a tile of this width and height."""
    tiles = [cast("Image", cv2.resize(image, tile_px, interpolation=cv2.INTER_AREA)) for image in images]
    return np.ascontiguousarray(np.hstack(tiles))


def _describe_candidate(ranked: Ranked) -> ScoredFrame:
    measures = ranked.measures
    return ScoredFrame(
        time_s=_round_time(ranked.frame),
        score=round(ranked.score, 3),
        sharpness=round(measures.sharpness, 2),
        exposure=round(measures.exposure, 2),
        contrast=round(measures.contrast, 2),
        colourfulness=round(measures.colourfulness, 2),
        cut=round(ranked.cut.score, 2),
        faces=None if ranked.faces is None else round(ranked.faces, 2),
        flaw=ranked.flaw,
    )


def _round_time(frame: Frame) -> float:
    return round(max(frame.time_s, 0.0), 6)
