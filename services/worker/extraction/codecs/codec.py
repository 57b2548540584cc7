"""Codec: everything that the extraction knows about one video codec."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.worker.extraction.codecs.coded import Coded

Rewritten = tuple[bytes, list[bytes]]
"""Extradata and pictures."""


def keep_all(_extradata: bytes, pictures: Sequence[bytes], _wanted: Sequence[bool]) -> list[tuple[int, bytes]]:
    """Return all pictures with their numbers: the selection for a codec whose references are not read."""
    return list(enumerate(pictures))


def keep_wanted(
    pictures: Sequence[bytes], wanted: Sequence[bool], references: Sequence[bool]
) -> list[tuple[int, bytes]]:
    """Return the wanted pictures and the reference pictures, with their numbers."""
    return [
        (number, picture)
        for number, (picture, *is_needed) in enumerate(zip(pictures, wanted, references, strict=True))
        if any(is_needed)
    ]


def _describe_nothing(_extradata: bytes, _picture: bytes) -> Coded:
    return Coded()


def _keep_keyframe(_extradata: bytes, keyframe: bytes) -> bytes:
    return keyframe


@dataclass(frozen=True, kw_only=True)
class Codec:
    """One codec: its names, how its headers are read, and how its bitstream is rewritten before decoding.

    All functions take the extradata first: the decoder configuration in the container. Pictures are in decoding order.
    """

    decoder: str
    """FFmpeg's name of the decoder."""
    tags: tuple[str, ...]
    """Codec tags in lower case, as OpenCV, AVI, ASF and MP4 write them."""
    avi_tag: bytes
    """Codec tag in the AVI file that `frames.avi_wrapper` writes."""
    mp4_sample_entries: tuple[str, ...] = ()
    """Types of sample entries in MP4 that are not among the `tags`."""
    mp4_object_types: tuple[int, ...] = ()
    """Object types in an `mp4v` sample entry: https://mp4ra.org/registered-types/object-types"""
    mp4_configuration: bytes = b""
    """Type of the box in an MP4's sample entry whose body is the extradata."""
    matroska_ids: tuple[str, ...] = ()
    """Values of CodecID: https://www.matroska.org/technical/codec_specs.html"""
    mpegts_types: tuple[int, ...] = ()
    """Stream types in a program map of MPEG-TS (ISO/IEC 13818-1, table 2-34). They need `keyframe_start_codes`."""
    flv_ids: tuple[int, ...] = ()
    """Codec ids in FLV (Adobe, annex E.4.3.1)."""
    flv_fourccs: tuple[bytes, ...] = ()
    """Codecs of Enhanced RTMP in FLV: https://veovera.org/docs/enhanced/enhanced-rtmp-v2"""
    name: str = ""
    """Common name, where it differs from the decoder's: see `label`."""
    whitelist: str = ""
    """FFmpeg's `codec_whitelist`, where it names more than the decoder: see `decoder_whitelist`."""

    describe: Callable[[bytes, bytes], Coded] = _describe_nothing
    """Return what the header of a picture says; defaults where it cannot be read."""
    select_needed: Callable[[bytes, Sequence[bytes], Sequence[bool]], list[tuple[int, bytes]]] = keep_all
    """Return the pictures to decode for the wanted ones, with their numbers. The first picture is a keyframe."""
    label_bt709: Callable[[bytes, bytes], tuple[bytes, bytes]] | None = None
    """Return extradata and a picture whose headers declare BT.709 primaries and transfer."""
    isolate_keyframe: Callable[[bytes, bytes], bytes] = _keep_keyframe
    """Return a keyframe that refers to fewer missing pictures."""
    make_progressive: Callable[[bytes, Sequence[bytes]], Rewritten | None] | None = None
    """Return extradata and interlaced pictures whose headers call them progressive; None if that is impossible.

    OpenCV 4.14 cannot convert a picture that its decoder calls interlaced: FFmpeg 8.1's scaler refuses it ("Cannot
    convert interlaced to progressive frames or vice versa"), and OpenCV returns uninitialised memory.
    """

    states_matrix: bool = False
    """`describe` returns the matrix coefficients of the picture."""
    keyframe_start_codes: frozenset[int] = frozenset()
    """Bytes after a start code in the headers or in the first slice of a keyframe: a quick test before `describe`."""
    max_reordered: int = 0
    """Upper limit on pictures decoded between a picture and one that is shown before it."""
    has_flv_offset: bool = False
    """A picture in FLV has a composition time offset of three bytes before it."""
    flv_extradata_bytes: int = 0
    """Number of bytes before each picture in FLV that the decoder takes as extradata."""
    mp4_keeps_tag: bool = False
    """The decoder depends on the type of the sample entry in MP4."""
    has_interleaved_fields: bool = False
    """A decoded interlaced picture holds both fields, line by line."""
    needs_container_size: bool = False
    """The decoder takes the size of pictures from the container, as their headers do not have it."""
    crops_to_container_size: bool = False
    """The decoder takes a container size that is a few pixels smaller than the picture for a crop."""

    @property
    def label(self) -> str:
        """Common name of the codec."""
        return self.name or self.decoder

    @property
    def decoder_whitelist(self) -> str:
        """Value of FFmpeg's `codec_whitelist`: no other decoder is opened, not even to probe audio."""
        return self.whitelist or self.decoder
