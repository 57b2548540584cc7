"""The list of codecs: no id of a container leads to two of them."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter

import pytest

from services.worker.extraction.codecs import CODECS

IDS = (
    "tags",
    "mp4_sample_entries",
    "mp4_object_types",
    "matroska_ids",
    "mpegts_types",
    "flv_ids",
    "flv_fourccs",
)


@pytest.mark.parametrize("field", IDS)
def test_container_id_belongs_to_one_codec(field: str) -> None:
    counts = Counter(name for codec in CODECS for name in attrgetter(field)(codec))
    assert counts
    assert [name for name, count in counts.items() if count > 1] == []


def test_codec_of_mpegts_has_start_codes_of_keyframes() -> None:
    # Without them, only the random access flag finds a keyframe, and many muxers never set it.
    of_mpegts = [codec for codec in CODECS if codec.mpegts_types]
    assert of_mpegts
    assert [codec.decoder for codec in of_mpegts if not codec.keyframe_start_codes] == []


def test_codec_tag_is_in_lower_case() -> None:
    assert [tag for codec in CODECS for tag in codec.tags if tag != tag.lower()] == []
