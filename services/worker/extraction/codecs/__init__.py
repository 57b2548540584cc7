"""Video codecs that may reach a decoder, one `Codec` record each. Every other codec is refused before decoding.

A decoder is a large piece of C that reads hostile input, so the list holds the codecs of cameras, phones, editors and
the web, not all that FFmpeg could decode.
"""

from services.worker.extraction.codecs import av1, h264, hevc, microsoft, mpeg, professional, undescribed, vpx
from services.worker.extraction.codecs.codec import Codec

__all__ = ["CODECS", "Codec", "find_decoder", "get_codec"]

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
    undescribed.H263,
    undescribed.FLV1,
    undescribed.MJPEG,
    undescribed.THEORA,
)

_BY_DECODER = {codec.decoder: codec for codec in CODECS}
_DECODER_BY_TAG = {tag: codec.decoder for codec in CODECS for tag in codec.tags}


def get_codec(decoder: str) -> Codec:
    """Return the codec of an FFmpeg decoder. Raises: KeyError."""
    return _BY_DECODER[decoder]


def find_decoder(tag: str) -> str | None:
    """Return FFmpeg's decoder for a codec tag, in any case; None if the codec is not allowed."""
    return _DECODER_BY_TAG.get(tag.lower())
