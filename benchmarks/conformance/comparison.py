"""Comparison of one extraction with FFmpeg: each picture, the duration and the size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from benchmarks.conformance.ffmpeg import Content, Frame, Reference, Wanted
from benchmarks.conformance.similarity import measure_similarity
from services.contract.records import ReasonCode, VideoState
from services.local.samples import Image
from services.worker.extraction.outcome import ExtractedPicture, Outcome

MIN_SSIM = 0.95
MIN_HDR_SSIM = 0.9
"""Lower, because the tone curves of two programs differ."""
_MARGIN = 0.003
"""By which a neighbour must fit better: pictures that hardly change differ by less."""
_MAX_DURATION_ERROR = 0.01
_SEARCHED_S = 15.0
"""Time before and after a claimed time in which the right frame is searched."""
_SEARCHED_PX = 96

STATED_LIMITS = {ReasonCode.ENCRYPTED, ReasonCode.TOO_LARGE, ReasonCode.TOO_MANY_PIXELS}
"""Refusals that docs/formats.md states as limits; FFmpeg may decode such a file."""

_NOT_VIDEOS = ("image2", "_pipe", "tty", "hls", "dash", "concat", "sdp", "rtsp", "imf", "srt", "webvtt", "ass")
"""Ends of the names of demuxers: still images, text, and lists of other files."""


class Verdict(StrEnum):
    """Result for one picture."""

    EQUAL = f"equal (SSIM >= {MIN_SSIM}, HDR {MIN_HDR_SSIM})"
    NEIGHBOUR = "a neighbour fits better"
    DIFFERENT = "different"
    NO_FRAME = "not comparable: FFmpeg shows no frame"
    ALPHA = "not comparable: transparent, FFmpeg shows no background"


@dataclass(frozen=True)
class PictureResult:
    """Comparison of one picture. `right_time_s` is the time of the frame that fits best, if it is not the shown one."""

    position_pct: float
    time_s: float
    verdict: Verdict
    ssim: float | None = None
    neighbour_ssim: float | None = None
    shown_time_s: float | None = None
    right_time_s: float | None = None
    right_ssim: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class FileResult:
    """Comparison of one file. `disagreements` are sentences without the file's name."""

    file: str
    state: str
    container: str = ""
    codec: str = ""
    reason_code: str | None = None
    reason: str | None = None
    is_video: bool = True
    is_decoded: bool = True
    duration_s: float | None = None
    ffmpeg_duration_s: float | None = None
    ffmpeg_header_s: float | None = None
    frame_s: float | None = None
    is_duration_wrong: bool = False
    is_size_wrong: bool = False
    pictures: tuple[PictureResult, ...] = ()
    disagreements: tuple[str, ...] = ()


def compare_file(path: Path, outcome: Outcome, reference: Reference) -> FileResult:
    """Compare the outcome of an extraction with what FFmpeg shows. Raises: FfmpegError."""
    content = reference.read_content(path)
    names = content.container.split(",")
    is_video = content.has_video and not any(name.endswith(_NOT_VIDEOS) for name in names)
    result = FileResult(
        file=str(path),
        state=str(outcome.state),
        container=content.container,
        codec=outcome.info.codec if outcome.info else "",
        reason_code=outcome.reason_code and str(outcome.reason_code),
        reason=outcome.reason,
        is_video=is_video,
        duration_s=outcome.info.duration_s if outcome.info else None,
        ffmpeg_duration_s=content.end_s,
        ffmpeg_header_s=content.header_s,
        frame_s=content.frame_s,
    )
    if outcome.reason_code == ReasonCode.NOT_A_VIDEO and len(content.starts_s) == 1:
        # A still image in a container of videos: HEIF, AVIF.
        return replace(result, is_video=False)
    if outcome.state == VideoState.FAILED:
        is_decoded = is_video and bool(reference.decode(path, Wanted([(-_SEARCHED_S, _SEARCHED_S)], (16, 16), most=1)))
        missed = is_decoded and outcome.reason_code not in STATED_LIMITS
        sentences = [f"refused, but FFmpeg decodes it ({content.container}): {outcome.reason}"] if missed else []
        return replace(result, is_decoded=is_decoded, disagreements=tuple(sentences))
    return _compare_pictures(replace(result, is_video=True), path, outcome, (reference, content))


def _compare_pictures(
    result: FileResult, path: Path, outcome: Outcome, source: tuple[Reference, Content]
) -> FileResult:
    reference, content = source
    by_size: dict[tuple[int, int], list[ExtractedPicture]] = {}
    for picture in outcome.pictures:
        by_size.setdefault((picture.width_px, picture.height_px), []).append(picture)
    pictures: list[PictureResult] = []
    sentences: list[str] = []
    first: Frame | None = None
    for size_px, same in by_size.items():
        spans_s = [content.find_neighbours(picture.time_s, 2) for picture in same]
        frames = reference.decode(path, Wanted(spans_s, size_px), may_seek=True)
        first = first or (frames[0] if frames else None)
        for picture, span_s in zip(same, spans_s, strict=True):
            near = [frame for frame in frames if span_s[0] <= frame.time_s <= span_s[1]]
            judged = judge_picture(picture, near, content)
            if judged.verdict not in (Verdict.EQUAL, Verdict.ALPHA):
                judged = _judge_again(path, picture, span_s, source)
            pictures.append(judged)
            sentences += _describe(judged)
    is_duration_wrong = _is_duration_wrong(outcome, content)
    if is_duration_wrong:
        # Packets may have no times, and may be outside of an edit list.
        content = replace(content, end_s=reference.read_content(path, is_decoding=True).end_s or content.end_s)
        is_duration_wrong = _is_duration_wrong(outcome, content)
    if is_duration_wrong:
        sentences.append(
            f"duration {result.duration_s or 0:.3f} s, FFmpeg {content.end_s or 0:.3f} s "
            f"(header {content.header_s or 0:.2f} s)"
        )
    size_error = first and outcome.info and _describe_size(outcome, first)
    return replace(
        result,
        is_decoded=first is not None,
        pictures=tuple(sorted(pictures, key=lambda picture: picture.position_pct)),
        ffmpeg_duration_s=content.end_s,
        is_duration_wrong=is_duration_wrong,
        is_size_wrong=bool(size_error),
        disagreements=(*sentences, *([size_error] if size_error else ())),
    )


def judge_picture(picture: ExtractedPicture, frames: Sequence[Frame], content: Content) -> PictureResult:
    """Compare a picture with the frame that is shown at its time, and with the frame on each side of it.

    `frames` are those around the time.
    """
    image = _decode_picture(picture)
    ordered = sorted((frame for frame in frames if frame.image.shape == image.shape), key=lambda frame: frame.time_s)
    started = [frame for frame in ordered if frame.time_s <= picture.time_s + content.tolerance_s]
    result = PictureResult(picture.position_pct, picture.time_s, Verdict.NO_FRAME, note=picture.note)
    if not started:
        return result
    number = len(started) - 1
    shown = ordered[number]
    neighbours = [*ordered[max(number - 1, 0) : number], *ordered[number + 1 : number + 2]]
    ssim = measure_similarity(image, shown.image)
    best_ssim = max((measure_similarity(image, frame.image) for frame in neighbours), default=None)
    least = MIN_HDR_SSIM if shown.is_hdr else MIN_SSIM
    verdict = Verdict.EQUAL if ssim >= least else Verdict.ALPHA if shown.has_alpha else Verdict.DIFFERENT
    if best_ssim is not None and best_ssim > ssim + _MARGIN:
        verdict = Verdict.NEIGHBOUR
    return replace(result, verdict=verdict, ssim=ssim, neighbour_ssim=best_ssim, shown_time_s=shown.time_s)


def _judge_again(
    path: Path, picture: ExtractedPicture, span_s: tuple[float, float], source: tuple[Reference, Content]
) -> PictureResult:
    """Judge a picture that does not fit: without a seek, then by single fields; then search for the right frame."""
    reference, content = source
    size_px = (picture.width_px, picture.height_px)
    frames = reference.decode(path, Wanted([span_s], size_px))
    judged = judge_picture(picture, frames, content)
    if judged.verdict != Verdict.EQUAL and any(frame.is_interlaced for frame in frames):
        # The worker drops a field of a picture with combs.
        for field in ("top", "bottom"):
            fields = reference.decode(path, Wanted([span_s], size_px, f"field={field}"))
            single = judge_picture(picture, fields, content)
            if (single.ssim or 0) > (judged.ssim or 0):
                judged = single
    if judged.verdict in (Verdict.EQUAL, Verdict.ALPHA):
        return judged
    height_px = max(round(_SEARCHED_PX * picture.height_px / picture.width_px), 16)
    around = [(picture.time_s - _SEARCHED_S, picture.time_s + _SEARCHED_S)]
    small = cv2.resize(_decode_picture(picture), (_SEARCHED_PX, height_px), interpolation=cv2.INTER_AREA)
    candidates = reference.decode(path, Wanted(around, (_SEARCHED_PX, height_px)), may_seek=True)
    scores = [
        (measure_similarity(small.astype(np.uint8, copy=False), frame.image), frame.time_s) for frame in candidates
    ]
    if not scores:
        return judged
    best_ssim, best_s = max(scores)
    verdict = judged.verdict
    if verdict == Verdict.NO_FRAME and best_ssim >= MIN_SSIM:
        verdict = Verdict.DIFFERENT
    return replace(judged, verdict=verdict, right_time_s=best_s, right_ssim=best_ssim)


def _describe(judged: PictureResult) -> list[str]:
    if judged.verdict not in (Verdict.NEIGHBOUR, Verdict.DIFFERENT):
        return []
    seen = "" if judged.ssim is None else f" (SSIM {judged.ssim:.3f}, neighbours {judged.neighbour_ssim or 0:.3f})"
    right = (
        ""
        if judged.right_time_s is None
        else f"; the frame of {judged.right_time_s:.3f} s fits best ({judged.right_ssim or 0:.3f})"
    )
    note = f"; note: {judged.note}" if judged.note else ""
    return [f"picture at {judged.position_pct:g} %, {judged.time_s:.3f} s: {judged.verdict}{seen}{right}{note}"]


def _is_duration_wrong(outcome: Outcome, content: Content) -> bool:
    """Return True if a duration differs by more than 1 % and by more than one frame.

    The duration in the header is right as well if the file is cut off or has subtitles, which may last longer.
    """
    is_header_right = outcome.state == VideoState.DEGRADED or content.has_subtitles
    known_s = [content.end_s, *([content.header_s] if is_header_right else [])]
    wanted_s = [each for each in known_s if each]
    if not wanted_s:
        return False
    found_s = (outcome.info and outcome.info.duration_s) or 0.0
    return all(abs(found_s - each) > max(_MAX_DURATION_ERROR * each, content.frame_s * 1.01) for each in wanted_s)


def _describe_size(outcome: Outcome, first: Frame) -> str:
    """Return a sentence if the size of the video or the shape of a thumbnail differs, else nothing."""
    picture = outcome.pictures[0]
    found = (outcome.info.width_px, outcome.info.height_px) if outcome.info else (0, 0)
    if found != (first.width_px, first.height_px):
        return f"size {found[0]}x{found[1]}, FFmpeg {first.width_px}x{first.height_px}"
    wanted_px = picture.height_px * first.width_px * first.sample_aspect / first.height_px
    one_row_px = wanted_px / picture.height_px
    if abs(picture.width_px - wanted_px) > max(1.0, one_row_px) + 1:
        return (
            f"thumbnail of {picture.width_px}x{picture.height_px}; with FFmpeg's pixel aspect "
            f"{first.sample_aspect:.3f} it is {wanted_px:.0f} wide"
        )
    return ""


def _decode_picture(picture: ExtractedPicture) -> Image:
    image = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return np.zeros((picture.height_px, picture.width_px, 3), np.uint8)
    return image.astype(np.uint8, copy=False)
