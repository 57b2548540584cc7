"""Video codecs, one `Codec` record each: how to read the headers and how to decode one picture without its container.

The records are those of cameras, phones, editors and the web. FFmpeg decodes every other codec too, but only in its
container and mostly from its start: see `find_codec`.
"""

from services.worker.extraction.codecs import av1, dv, h264, hevc, microsoft, mpeg, professional, undescribed, vpx
from services.worker.extraction.codecs.codec import Codec

__all__ = ["CODECS", "Codec", "find_codec", "find_decoder", "get_codec"]

CODECS = (
    h264.H264,
    hevc.HEVC,
    av1.AV1,
    vpx.VP6,
    vpx.VP8,
    vpx.VP9,
    mpeg.MPEG1,
    mpeg.MPEG2,
    mpeg.MPEG4,
    microsoft.MSMPEG4V1,
    microsoft.MSMPEG4V2,
    microsoft.MSMPEG4V3,
    microsoft.WMV1,
    microsoft.WMV2,
    microsoft.WMV3,
    microsoft.VC1,
    professional.PRORES,
    professional.DNXHD,
    professional.CINEFORM,
    professional.HAP,
    professional.JPEG2000,
    professional.PNG,
    professional.V210,
    dv.DV,
    undescribed.H263,
    undescribed.FLV1,
    undescribed.MJPEG,
    undescribed.THEORA,
)

_BY_DECODER = {codec.decoder: codec for codec in CODECS}
_BY_ANY_DECODER = {name: codec for codec in CODECS for name in codec.decoder_whitelist.split(",")}
_DECODER_BY_TAG = {tag: codec.decoder for codec in CODECS for tag in codec.tags}


def get_codec(decoder: str) -> Codec:
    """Return the codec of an FFmpeg decoder. Raises: KeyError."""
    return _BY_DECODER[decoder]


def find_decoder(tag: str) -> str | None:
    """Return FFmpeg's decoder for a codec tag, in any case; None if the codec has no record."""
    return _DECODER_BY_TAG.get(tag.lower())


def find_codec(decoder: str) -> Codec:
    """Return the codec of any decoder of FFmpeg. Without a record, its headers are not read."""
    return _BY_ANY_DECODER.get(decoder) or Codec(decoder=decoder, tags=(), avi_tag=b"")
