"""Flaws and measures of single pictures: drawn ones, whose labels are known."""

import cv2
import numpy as np
import pytest

from benchmarks.poster.scenes import BAD, GOOD, SIZE_PX, blur, draw_good
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.poster.flaws import crop_letterbox, find_poster_flaw
from services.worker.extraction.poster.measures import measure_picture

SEED = 41


@pytest.mark.parametrize("scene", GOOD)
def test_a_good_scene_is_flawed_only_out_of_focus(scene: str) -> None:
    image = draw_good(scene, 0.5, SEED)
    assert find_poster_flaw(image) is None
    assert find_poster_flaw(blur(image, 0.3)) == "blurred"


@pytest.mark.parametrize(
    ("label", "flaws"),
    [
        ("black", {"black"}),
        ("white", {"white"}),
        ("bars", {"slate"}),
        # A card with a dark background looks like credits.
        ("title", {"slate", "credits"}),
        ("credits", {"credits"}),
        ("letterboxed-credits", {"credits"}),
    ],
)
def test_a_bad_picture_has_the_flaw_of_its_label(label: str, flaws: set[str]) -> None:
    assert {find_poster_flaw(BAD[label](moved, SEED)) for moved in (0.0, 0.4, 0.9)} <= flaws


def test_a_small_or_narrow_picture_is_judged() -> None:
    assert find_poster_flaw(np.zeros((1, 1, 3), np.uint8)) == "black"
    assert find_poster_flaw(np.full((3000, 4, 3), 255, np.uint8)) == "white"


def test_a_letterbox_is_cropped_and_a_dark_picture_is_not() -> None:
    image = draw_good("harbour", 0.0, SEED)
    image[:50] = image[-40:] = 4
    assert crop_letterbox(image).shape == (270, 640, 3)
    assert crop_letterbox(np.zeros_like(image)).shape == image.shape


def lit(image: Image, *, times: float) -> Image:
    brighter: Image = np.clip(image * times, 0, 255).astype(np.uint8)
    return brighter


def test_each_measure_falls_with_what_it_measures() -> None:
    image = draw_good("street", 0.5, SEED)
    best = measure_picture(image)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8)
    assert measure_picture(blur(image, 0)).sharpness < best.sharpness / 2
    assert measure_picture(lit(image, times=0.2)).exposure < best.exposure / 2
    assert measure_picture(lit(draw_good("snow", 0.5, SEED), times=1.1)).exposure < best.exposure / 2
    assert measure_picture((image // 4 + 100).astype(np.uint8)).contrast < best.contrast / 2
    assert measure_picture(grey).colourfulness == 0 < best.colourfulness


def test_measures_hardly_depend_on_the_size_of_the_picture() -> None:
    image = draw_good("forest", 0.5, SEED)
    large = cv2.resize(image, (SIZE_PX[0] * 2, SIZE_PX[1] * 2), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    one, other = measure_picture(image), measure_picture(large)
    for name in ("sharpness", "exposure", "contrast", "colourfulness"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=0.02)
