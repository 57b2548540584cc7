"""Whether a file is a video that may be decoded: settled before any decoder sees it."""

from dataclasses import dataclass

from services.contract.records import ReasonCode
from services.worker.extraction import containers
from services.worker.extraction.capture import Capture, StreamInfo
from services.worker.extraction.codecs import codec_name, decoder_of
from services.worker.extraction.containers import Container, Contents
from services.worker.extraction.outcome import ExtractionError
from services.worker.extraction.reader import MAX_SIZE_BYTES, RangedReader

MAX_PIXELS = 8192 * 8192
"""Most pixels in a frame. 8K has 33 million; a frame beyond this costs more memory than a child process has."""

_NO_VIDEO_STREAM = "The file holds no video stream."


@dataclass(frozen=True)
class Video:
    """A video that passed. `decoder` is FFmpeg's name for the one decoder that it needs."""

    container: Container
    stream: StreamInfo
    decoder: str
    duration_s: float | None
    is_cut_off: bool
    """The index points to samples beyond the end of the file."""

    @property
    def codec(self) -> str:
        return codec_name(self.decoder)


def examine(reader: RangedReader) -> Video:
    """What the file is. Raises: ExtractionError with the reason why it is refused, SourceError."""
    container = _container(reader)
    contents = container.inspect(reader.read_at, reader.size_bytes) or Contents()
    _check_contents(contents)
    packets = Capture(reader, container.demuxer, decoder_whitelist=None)
    reader.check()
    if not packets.is_open and contents.others and not contents.video:
        raise ExtractionError(ReasonCode.NO_VIDEO_STREAM, _NO_VIDEO_STREAM)
    if not packets.is_open:
        reason = f"The {container.name} file is damaged: no video could be read in it."
        raise ExtractionError(ReasonCode.DAMAGED, reason)
    stream = packets.stream
    del packets
    decoder = decoder_of(stream.tag)
    if decoder is None:
        raise ExtractionError(ReasonCode.UNSUPPORTED_CODEC, f"The video codec {stream.tag!r} is not supported.")
    _check_pixels(stream.width_px, stream.height_px)
    return Video(
        container=container,
        stream=stream,
        decoder=decoder,
        # FFmpeg adds up the frames, where a container's header may count a late start too.
        duration_s=stream.duration_s or contents.duration_s,
        is_cut_off=contents.needed_bytes is not None and contents.needed_bytes > reader.size_bytes,
    )


def _container(reader: RangedReader) -> Container:
    if reader.size_bytes == 0:
        raise ExtractionError(ReasonCode.EMPTY, "The file is empty.")
    container = containers.recognise(reader.read_at(0, containers.HEAD_BYTES))
    if container is None:
        raise ExtractionError(ReasonCode.NOT_A_VIDEO, "The file is not a video container that is supported.")
    if reader.size_bytes > MAX_SIZE_BYTES:
        raise ExtractionError(ReasonCode.TOO_LARGE, "The file is larger than 4 GiB, the most that is supported so far.")
    return container


def _check_contents(contents: Contents) -> None:
    if contents.index_missing:
        reason = "The file has no index (moov box): it is incomplete, as when an upload or a recording breaks off."
        raise ExtractionError(ReasonCode.INCOMPLETE, reason)
    if contents.others and not contents.video and not contents.may_hide_video:
        raise ExtractionError(ReasonCode.NO_VIDEO_STREAM, _NO_VIDEO_STREAM)
    if contents.video and all(track.encrypted for track in contents.video):
        raise ExtractionError(ReasonCode.ENCRYPTED, "The video is encrypted.")
    for track in contents.video:
        _check_pixels(track.width_px, track.height_px)


def _check_pixels(width_px: int, height_px: int) -> None:
    if width_px * height_px > MAX_PIXELS:
        reason = f"A frame has {width_px} x {height_px} pixels, more than {MAX_PIXELS // 1_000_000} million."
        raise ExtractionError(ReasonCode.TOO_MANY_PIXELS, reason)
