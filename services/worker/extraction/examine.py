"""Checks whether a file is a video that may be decoded, before any decoder opens it."""

import time
from collections.abc import Collection
from dataclasses import dataclass

from services.contract.records import ReasonCode
from services.worker.extraction import containers
from services.worker.extraction.admission import check_duration, check_pixels, check_samples, check_tracks
from services.worker.extraction.codecs import Codec, find_codec, find_decoder
from services.worker.extraction.codecs.coded import UNTOLD, Colour
from services.worker.extraction.containers import Container, Contents, others
from services.worker.extraction.dolby_vision import profile_5
from services.worker.extraction.frames.capture import Capture, StreamInfo, recognise_demuxer
from services.worker.extraction.frames.messages import describe_messages
from services.worker.extraction.outcome import ExtractionError
from services.worker.extraction.reading.reader import MAX_SIZE_BYTES, RangedReader

_OPENING_CPU_S = 3.0
_NO_VIDEO_STREAM = "The file holds no video stream."


@dataclass(frozen=True)
class Denied:
    """FFmpeg's decoders and demuxers that must not be opened."""

    decoders: Collection[str] = ()
    demuxers: Collection[str] = ()

    def check_decoder(self, decoder: str) -> None:
        """Raise ExtractionError if the decoder is denied."""
        if decoder in self.decoders:
            reason = f"The video codec {decoder} is denied by the setting EXTRACTION_DENIED_DECODERS."
            raise ExtractionError(ReasonCode.UNSUPPORTED_CODEC, reason)

    def check_demuxer(self, demuxer: str) -> None:
        """Raise ExtractionError if the demuxer is denied."""
        if demuxer in self.demuxers:
            reason = f"The container {demuxer} is denied by the setting EXTRACTION_DENIED_DEMUXERS."
            raise ExtractionError(ReasonCode.NOT_A_VIDEO, reason)


NOTHING_DENIED = Denied()


@dataclass(frozen=True)
class ExaminedVideo:
    """Video that passed all checks."""

    container: Container
    stream: StreamInfo
    decoder: str
    """FFmpeg's name of the one decoder that the video needs."""
    codec: Codec
    is_rewritten: bool
    """Pictures are interlaced, HDR or of a wide gamut. FFmpeg's scaler converts none of them (`is_unconverted`): only
    keyframes are shown, each decoded alone with rewritten headers."""
    duration_s: float | None
    is_cut_off: bool
    """The index points to samples beyond the end of the file."""
    has_false_colours: bool = False
    """OpenCV decodes the pictures, but does not convert their colours: Dolby Vision profile 5."""
    has_fragments: bool = False
    """The file continues in fragments, of which `duration_s` may count only the first."""
    colour: Colour = UNTOLD
    """Colour of the stored pictures, as the first one says."""


@dataclass(frozen=True)
class ExaminedContainer:
    """File that passed the checks of its container."""

    container: Container
    contents: Contents


def examine_container(reader: RangedReader, denied: Denied = NOTHING_DENIED) -> ExaminedContainer:
    """Check what the container declares. Raises: ExtractionError with the reason of a refusal, SourceError."""
    container = _recognise_container(reader)
    denied.check_demuxer(container.demuxer)
    reader.prefetch(container.plan_reads(reader))
    contents = container.inspect_contents(reader.read_at, reader.size_bytes) or Contents()
    _check_contents(contents)
    return ExaminedContainer(container, contents)


def examine_video(reader: RangedReader, examined: ExaminedContainer, denied: Denied = NOTHING_DENIED) -> ExaminedVideo:
    """Check the video stream that FFmpeg finds. Raises: ExtractionError with the reason of a refusal, SourceError."""
    container, contents = examined.container, examined.contents
    if reader.size_bytes > MAX_SIZE_BYTES:
        raise ExtractionError(ReasonCode.TOO_LARGE, "A file over 4 GiB is supported with an index only, and has none.")
    # A damaged index can make a demuxer loop.
    reader.rewind(soft_cpu_s=time.process_time() + _OPENING_CPU_S)
    packets = Capture(reader, container.demuxer, decoder=None)
    reader.check()
    if not packets.is_open:
        raise _explain_closed(container, contents, packets)
    stream, packet, extradata = packets.stream, packets.read_packet(), packets.read_extradata()
    if container.name in others.PICTURES and not packets.read_packet():
        raise ExtractionError(ReasonCode.NOT_A_VIDEO, f"The file is a still picture ({container.name}).")
    decoder = _choose_decoder(reader, container, packets, denied)
    del packets
    codec = find_codec(decoder)
    coded = codec.describe(extradata, packet)
    if coded.may_be_interlaced and not codec.make_progressive:
        raise refuse_interlaced(codec)
    check_pixels(coded.width_px, coded.height_px)
    check_pixels(stream.width_px, stream.height_px)
    # FFmpeg adds up the frames; the header of an MP4 may include a late start.
    duration_s = stream.duration_s or contents.duration_s
    check_duration(duration_s or 0.0)
    return ExaminedVideo(
        container=container,
        stream=stream,
        decoder=decoder,
        codec=codec,
        is_rewritten=coded.may_be_interlaced or not coded.colour.is_plain,
        duration_s=duration_s,
        is_cut_off=contents.needed_bytes is not None and contents.needed_bytes > reader.size_bytes,
        has_false_colours=profile_5.is_profile_5(decoder, extradata, packet),
        has_fragments=contents.has_fragments,
        colour=coded.colour,
    )


def refuse_interlaced(codec: Codec) -> ExtractionError:
    """Return the refusal of interlaced pictures that OpenCV cannot convert: see `Codec.make_progressive`."""
    return ExtractionError(ReasonCode.UNSUPPORTED_CODEC, f"Interlaced {codec.label} video is not supported.")


def _choose_decoder(reader: RangedReader, container: Container, packets: Capture, denied: Denied) -> str:
    """Return FFmpeg's decoder for the selected stream.

    FFmpeg names the decoders of all streams. OpenCV opens only the one that fits the stream that it selects.
    """
    named, tag = packets.decoders, packets.stream.tag
    known = find_decoder(tag)
    likely = [name for name in named if find_codec(name).decoder == known]
    candidates = list(dict.fromkeys((*likely, *([known] if known else []), *named)))
    for name in candidates:
        denied.check_decoder(name)
        # Without a packet, FFmpeg names none.
        if name in likely or not named:
            return name
        reader.rewind(soft_cpu_s=time.process_time() + _OPENING_CPU_S)
        capture = Capture(reader, container.demuxer, decoder=name)
        reader.check()
        if capture.is_open:
            return name
        del capture
    shown = f" {tag}" if tag.isascii() and tag.isprintable() and tag.strip() else ""
    reason = f"FFmpeg has no decoder for the video codec{shown} in the {container.name} file."
    raise ExtractionError(ReasonCode.UNSUPPORTED_CODEC, reason)


def _explain_closed(container: Container, contents: Contents, packets: Capture) -> ExtractionError:
    if contents.others and not contents.video:
        return ExtractionError(ReasonCode.NO_VIDEO_STREAM, _NO_VIDEO_STREAM)
    if packets.decoders and not container.has_index:
        return ExtractionError(ReasonCode.NO_VIDEO_STREAM, _NO_VIDEO_STREAM)
    reason = f"The {container.name} file is damaged: no video could be read in it."
    return ExtractionError(ReasonCode.DAMAGED, reason + describe_messages(packets.messages))


def _recognise_container(reader: RangedReader) -> Container:
    if reader.size_bytes == 0:
        raise ExtractionError(ReasonCode.EMPTY, "The file is empty.")
    if container := containers.recognise_container(reader.read_at(0, containers.HEAD_BYTES)):
        return container
    demuxer = recognise_demuxer(reader)
    if not demuxer:
        raise ExtractionError(ReasonCode.NOT_A_VIDEO, "The file is not a video: FFmpeg recognises no format.")
    container = others.make_container(demuxer)
    if container is None:
        raise ExtractionError(
            ReasonCode.NOT_A_VIDEO, f"The file is not a video: it is {others.describe_demuxer(demuxer)}."
        )
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
