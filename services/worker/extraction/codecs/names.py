"""The video codecs that may meet a decoder. Everything else is refused before one sees it."""

# FFmpeg's decoders by the codec tag that OpenCV reports. A decoder is a large piece of C that reads hostile input, so
# the list holds what cameras, phones, editors and the web produce, and not all that FFmpeg could decode.
_DECODERS = {
    "h264": ("h264", "avc1", "avc2", "avc3", "avc4"),
    "hevc": ("hevc", "hvc1", "hev1", "dvh1", "dvhe"),
    "av1": ("av01",),
    "vp8": ("vp80",),
    "vp9": ("vp90",),
    "vp6f": ("vp6f",),
    "mpeg4": ("fmp4", "mp4v", "xvid", "divx", "dx50"),
    "msmpeg4": ("mp43", "div3"),
    "msmpeg4v1": ("mp41", "mpg4"),
    "msmpeg4v2": ("mp42",),
    "mpeg1video": ("mpg1",),
    "mpeg2video": ("mpg2", "mp2v", "m2v1"),
    "h263": ("h263", "s263"),
    "flv": ("flv1",),
    "wmv1": ("wmv1",),
    "wmv2": ("wmv2",),
    "wmv3": ("wmv3",),
    "vc1": ("wvc1", "vc-1"),
    "mjpeg": ("mjpg",),
    "prores": ("apch", "apcn", "apcs", "apco", "ap4h", "ap4x"),
    "dnxhd": ("avdn", "avdh"),
    "theora": ("theo",),
}

_NAMES = {"flv": "flv1", "vp6f": "vp6", "msmpeg4": "msmpeg4v3"}

_BY_TAG = {tag: decoder for decoder, tags in _DECODERS.items() for tag in tags}


def decoder_of(tag: str) -> str | None:
    """FFmpeg's decoder for a codec tag as OpenCV reports it; none if the codec is not allowed."""
    return _BY_TAG.get(tag.lower())


def codec_name(decoder: str) -> str:
    """The name that people know a codec by."""
    return _NAMES.get(decoder, decoder)


def decoder_whitelist(decoder: str) -> str:
    """FFmpeg's `codec_whitelist` for a video with this decoder: no other decoder is opened, not even to probe audio."""
    return "av1,libdav1d" if decoder == "av1" else decoder
