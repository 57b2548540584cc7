"""Candidates for the poster: pictures that the search has decoded, and keyframes whose bytes it has read.

Encoders put keyframes at changes of scene, so that keyframes near the positions show other scenes than the thumbnails.
"""

import contextlib
from collections.abc import Callable

from services.worker.extraction.containers.stream import CodedSample, Index
from services.worker.extraction.frames import selection
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.frames.indexed import IndexSearch
from services.worker.extraction.frames.overview import order_coarse_first
from services.worker.extraction.frames.request import FoundFrames, FrameRequest
from services.worker.extraction.outcome import ExtractionError
from services.worker.extraction.reading.source import SourceError

_BATCH = 6
_BATCH_PIXELS = _BATCH * 1920 * 1088
"""Upper limit of pixels that are decoded for candidates at once: six keyframes at 1080p."""
_BATCH_BYTES = 16 * 1024 * 1024
_PLACES = 24
"""Times, spread over the video, near which keyframes are looked for."""


class CandidateSearch:
    """Search for candidates of one video, of which the frames of its thumbnails were found.

    `index_errors` are those of a damaged index: it only means fewer candidates.
    """

    def __init__(self, request: FrameRequest, found: FoundFrames, *, index_errors: tuple[type[Exception], ...]) -> None:
        self._request = request
        self._errors: tuple[type[Exception], ...] = (ExtractionError, *index_errors)
        # The limits of a search that failed are used up, and its index led to no picture.
        self._index = request.index if found.is_indexed else None
        self._found = {frame.time_s: frame for frame in (*found.others, *found.frames)}
        self._shown_s = [frame.time_s for frame in found.frames]
        self._known_s = set(self._found)

    def list_decoded(self) -> list[Frame]:
        """Return the candidates that cost no request: the frames found, those tried, and keyframes in the cache."""
        with self._request.reader.without_source():
            return [*self._found.values(), *self._decode_more(self._order_spread, only_cached=True)]

    def read_spread(self) -> list[Frame]:
        """Return further keyframes, spread over the video. Raises: SourceError."""
        return self._decode_more(self._order_spread, only_cached=False)

    def read_near(self, time_s: float) -> list[Frame]:
        """Return further keyframes, the nearest ones to a time. Raises: SourceError."""

        def order_nearest(index: Index) -> list[CodedSample]:
            near = index.find_near(time_s, selection.compute_nearby_s(index.stream.duration_s))
            return sorted(near, key=lambda sample: abs(sample.time_s - time_s))

        return self._decode_more(order_nearest, only_cached=False)

    def _order_spread(self, index: Index) -> list[CodedSample]:
        """Return the keyframes near the positions and near evenly spread times, so that the first are far apart."""
        duration_s = index.stream.duration_s
        samples: list[CodedSample] = []
        for time_s in self._shown_s:
            with contextlib.suppress(SourceError):
                samples += index.find_near(time_s, selection.compute_nearby_s(duration_s))
        for number in range(_PLACES):
            with contextlib.suppress(SourceError):
                samples += index.find_nearest([(number + 0.5) / _PLACES * duration_s])
        by_time = {sample.time_s: sample for sample in samples}
        ordered = [by_time[time_s] for time_s in sorted(by_time)]
        return [ordered[at] for at in order_coarse_first(len(ordered))]

    def _decode_more(self, order: Callable[[Index], list[CodedSample]], *, only_cached: bool) -> list[Frame]:
        """Return keyframes at unknown times in an order, as many as the limits allow."""
        if self._index is None:
            return []
        try:
            chosen = self._choose(order(self._index), only_cached=only_cached)
            self._known_s |= {one.time_s for one in chosen}
            decoded = IndexSearch(self._request.reader, self._index, self._request.options).decode_keyframes(chosen)
        except self._errors:
            return []
        return [frame for frame in decoded if frame]

    def _choose(self, samples: list[CodedSample], *, only_cached: bool) -> list[CodedSample]:
        stream = self._index.stream if self._index else None
        pixels = max(stream.width_px * stream.height_px, 1) if stream else 1
        chosen: dict[float, CodedSample] = {}
        size_bytes = 0
        for sample in samples:
            is_new = sample.time_s not in self._known_s and sample.time_s not in chosen
            fits = size_bytes + sample.size_bytes <= _BATCH_BYTES and (len(chosen) + 1) * pixels <= _BATCH_PIXELS
            if is_new and fits and len(chosen) < _BATCH and (self._is_cached(sample) or not only_cached):
                chosen[sample.time_s] = sample
                size_bytes += sample.size_bytes
        return list(chosen.values())

    def _is_cached(self, sample: CodedSample) -> bool:
        if sample.data is not None:
            return True
        try:
            data = self._request.reader.read_cached(sample.offset, sample.size_bytes)
        except LookupError:
            return False
        return len(data) == sample.size_bytes > 0
