"""Placeholders of pictures: the same as those of the reference encoders."""

import base64
import json

import numpy as np
import pytest

from services.worker.extraction.pixels.blurhash import encode_blurhash
from services.worker.extraction.pixels.placeholder import find_dominant_colour, shrink_to_placeholder
from services.worker.extraction.pixels.thumbhash import encode_thumbhash
from tests.support.placeholder_pictures import VECTORS, draw_pictures

PICTURES = draw_pictures()
EXPECTED = json.loads(VECTORS.read_text())


def test_the_vectors_are_of_the_drawn_pictures() -> None:
    assert EXPECTED.keys() == PICTURES.keys()


@pytest.mark.parametrize("name", [name for name in EXPECTED if not name.startswith("flat")])
def test_thumbhash_has_the_bytes_of_the_reference_encoder(name: str) -> None:
    assert encode_thumbhash(PICTURES[name]) == base64.b64decode(EXPECTED[name]["thumbhash"])


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("flat")])
def test_thumbhash_of_one_colour_equals_the_reference(name: str) -> None:
    """The waves are rounding errors of the cosines, which differ between JavaScript engines, times a scale of zero."""
    reference = base64.b64decode(EXPECTED[name]["thumbhash"])
    thumbhash = encode_thumbhash(PICTURES[name])

    assert (thumbhash[:5], len(thumbhash)) == (reference[:5], len(reference))
    scales = int.from_bytes(thumbhash[:3], "little") >> 18, int.from_bytes(thumbhash[3:5], "little") >> 3 & 0xFFF
    assert scales == (0, 0)


@pytest.mark.parametrize("name", EXPECTED)
def test_blurhash_has_the_text_of_the_reference_encoder(name: str) -> None:
    assert encode_blurhash(PICTURES[name]) == EXPECTED[name]["blurhash"]


def test_dominant_colour_is_the_mean_of_the_most_frequent_similar_pixels() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    picture[:6] = (10, 20, 200)
    picture[:3] = (12, 22, 202)

    assert find_dominant_colour(picture) == "#c9150b"


@pytest.mark.parametrize(
    ("size_px", "expected_px"), [((640, 360), (32, 18)), ((360, 640), (18, 32)), ((8, 4), (8, 4)), ((4000, 3), (32, 1))]
)
def test_the_encoded_picture_keeps_its_shape(size_px: tuple[int, int], expected_px: tuple[int, int]) -> None:
    shrunk = shrink_to_placeholder(np.zeros((size_px[1], size_px[0], 3), np.uint8))

    assert shrunk.shape[1::-1] == expected_px
