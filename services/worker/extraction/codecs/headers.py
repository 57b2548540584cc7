"""Which module reads which codec."""

import operator
from collections.abc import Callable, Sequence

from services.worker.extraction.codecs import av1, h264, hevc, mpeg, professional, progressive, vpx
from services.worker.extraction.codecs.coded import Coded

_DESCRIBE: dict[str, Callable[[bytes, bytes], Coded]] = {
    "h264": h264.describe,
    "hevc": hevc.describe,
    "av1": av1.describe,
    "vp8": vpx.describe_vp8,
    "vp9": vpx.describe_vp9,
    "mpeg1video": mpeg.describe_mpeg2,
    "mpeg2video": mpeg.describe_mpeg2,
    "mpeg4": mpeg.describe_mpeg4,
    "prores": professional.describe_prores,
    "dnxhd": professional.describe_dnxhd,
    "vc1": professional.describe_vc1,
    "wmv3": professional.describe_vc1,
}

_NEUTRAL: dict[str, Callable[[bytes, bytes], tuple[bytes, bytes]]] = {
    "h264": h264.neutral,
    "hevc": hevc.neutral,
    "av1": av1.neutral,
}

_REFERENCES: dict[str, Callable[[bytes, Sequence[bytes]], list[bool]]] = {
    "h264": h264.references,
    "hevc": hevc.references,
}

_Rewrite = Callable[[bytes, Sequence[bytes]], tuple[bytes, list[bytes]] | None]

_PROGRESSIVE: dict[str, _Rewrite] = {
    "h264": progressive.h264_pictures,
    "mpeg2video": progressive.mpeg2_pictures,
    "prores": progressive.prores_pictures,
}


def describe(decoder: str, extradata: bytes, picture: bytes) -> Coded:
    """What the header of a picture says; nothing for a codec whose header is not read here."""
    describe_it = _DESCRIBE.get(decoder)
    return describe_it(extradata, picture) if describe_it else Coded()


def neutral(decoder: str, extradata: bytes, picture: bytes) -> tuple[bytes, bytes]:
    """Extradata and picture with BT.709 for their primaries and transfer, where the codec carries any."""
    rewrite = _NEUTRAL.get(decoder)
    return rewrite(extradata, picture) if rewrite else (extradata, picture)


def references(decoder: str, extradata: bytes, pictures: Sequence[bytes]) -> list[bool]:
    """Which of the pictures others may need to be decoded: all, for a codec whose header is not read here."""
    references_of = _REFERENCES.get(decoder)
    return references_of(extradata, pictures) if references_of else [True] * len(pictures)


def needed(
    decoder: str, extradata: bytes, pictures: Sequence[bytes], wanted: Sequence[bool]
) -> list[tuple[int, bytes]]:
    """What must be decoded for the wanted ones of some pictures: those that are shown, with their places.

    They are in decoding order, and the first is a keyframe.
    """
    if decoder == "av1":
        return av1.needed(extradata, pictures, wanted)
    is_needed = map(operator.or_, references(decoder, extradata, pictures), wanted)
    return [(at, pictures[at]) for at, needs in enumerate(is_needed) if needs]


def alone(decoder: str, extradata: bytes, keyframe: bytes) -> bytes:
    """A keyframe that asks for few pictures before it, which are not there."""
    return hevc.alone(extradata, keyframe) if decoder == "hevc" else keyframe


def as_progressive(decoder: str, extradata: bytes, pictures: Sequence[bytes]) -> tuple[bytes, list[bytes]] | None:
    """Extradata and interlaced pictures that pass for progressive ones; None where that cannot be done."""
    rewrite = _PROGRESSIVE.get(decoder)
    return rewrite(extradata, pictures) if rewrite else None
