"""Checks whether a file is a video that may be decoded, before any decoder opens it."""

import time
from dataclasses import dataclass

from services.contract.records import ReasonCode
from services.worker.extraction import containers
from services.worker.extraction.admission import check_duration, check_pixels, check_samples, check_tracks
from services.worker.extraction.codecs import find_decoder, get_codec
from services.worker.extraction.containers import Container, Contents
from services.worker.extraction.frames.capture import Capture, StreamInfo
from services.worker.extraction.outcome import ExtractionError
from services.worker.extraction.reading.reader import MAX_SIZE_BYTES, RangedReader

_OPENING_CPU_S = 3.0
_NO_VIDEO_STREAM = "The file holds no video stream."


@dataclass(frozen=True)
class ExaminedVideo:
    """Video that passed all checks. `decoder` is FFmpeg's name for the one decoder that it needs."""

    container: Container
    stream: StreamInfo
    decoder: str
    duration_s: float | None
    is_cut_off: bool
    """The index points to samples beyond the end of the file."""
    has_fragments: bool = False
    """The file continues in fragments, of which `duration_s` may count only the first."""

    @property
    def codec(self) -> str:
        """Common name of the codec."""
        return get_codec(self.decoder).label


@dataclass(frozen=True)
class ExaminedContainer:
    """File that passed the checks of its container."""

    container: Container
    contents: Contents


def examine_container(reader: RangedReader) -> ExaminedContainer:
    """Check what the container declares. Raises: ExtractionError with the reason of a refusal, SourceError."""
    container = _recognise_container(reader)
    reader.prefetch(container.plan_reads(reader.read_at, reader.size_bytes))
    contents = container.inspect_contents(reader.read_at, reader.size_bytes) or Contents()
    _check_contents(contents)
    return ExaminedContainer(container, contents)


def examine_video(reader: RangedReader, examined: ExaminedContainer) -> ExaminedVideo:
    """Check the video stream that FFmpeg finds. Raises: ExtractionError with the reason of a refusal, SourceError."""
    container, contents = examined.container, examined.contents
    if reader.size_bytes > MAX_SIZE_BYTES:
        raise ExtractionError(ReasonCode.TOO_LARGE, "A file over 4 GiB is supported with an index only, and has none.")
    # A damaged index can make a demuxer loop.
    reader.rewind(soft_cpu_s=time.process_time() + _OPENING_CPU_S)
    packets = Capture(reader, container.demuxer, decoder_whitelist=None)
    reader.check()
    if not packets.is_open and contents.others and not contents.video:
        raise ExtractionError(ReasonCode.NO_VIDEO_STREAM, _NO_VIDEO_STREAM)
    if not packets.is_open:
        reason = f"The {container.name} file is damaged: no video could be read in it."
        raise ExtractionError(ReasonCode.DAMAGED, reason)
    stream = packets.stream
    packet, extradata = packets.read_packet(), packets.read_extradata()
    del packets
    decoder = find_decoder(stream.tag)
    if decoder is None:
        raise ExtractionError(ReasonCode.UNSUPPORTED_CODEC, f"The video codec {stream.tag!r} is not supported.")
    coded = get_codec(decoder).describe(extradata, packet)
    if coded.may_be_interlaced:
        # OpenCV would return uninitialised memory: see `Codec.make_progressive`.
        reason = f"Interlaced {get_codec(decoder).label} is not supported in such a file."
        raise ExtractionError(ReasonCode.UNSUPPORTED_CODEC, reason)
    check_pixels(coded.width_px, coded.height_px)
    check_pixels(stream.width_px, stream.height_px)
    # FFmpeg adds up the frames; the header of an MP4 may include a late start.
    duration_s = stream.duration_s or contents.duration_s
    check_duration(duration_s or 0.0)
    return ExaminedVideo(
        container=container,
        stream=stream,
        decoder=decoder,
        duration_s=duration_s,
        is_cut_off=contents.needed_bytes is not None and contents.needed_bytes > reader.size_bytes,
        has_fragments=contents.has_fragments,
    )


def _recognise_container(reader: RangedReader) -> Container:
    if reader.size_bytes == 0:
        raise ExtractionError(ReasonCode.EMPTY, "The file is empty.")
    container = containers.recognise_container(reader.read_at(0, containers.HEAD_BYTES))
    if container is None:
        raise ExtractionError(ReasonCode.NOT_A_VIDEO, "The file is not a video container that is supported.")
    return container


def _check_contents(contents: Contents) -> None:
    check_tracks(len(contents.video) + contents.others)
    if contents.missing:
        raise ExtractionError(ReasonCode.INCOMPLETE, contents.missing)
    if contents.others and not contents.video and not contents.may_hide_video:
        raise ExtractionError(ReasonCode.NO_VIDEO_STREAM, _NO_VIDEO_STREAM)
    if contents.video and all(track.encrypted for track in contents.video):
        raise ExtractionError(ReasonCode.ENCRYPTED, "The video is encrypted.")
    for track in contents.video:
        check_pixels(track.width_px, track.height_px)
        check_samples(track.samples)
