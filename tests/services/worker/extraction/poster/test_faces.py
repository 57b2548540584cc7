"""Faces in a picture: a photograph of a person, at several sizes and places, and drawings without one."""

import cv2
import numpy as np
import pytest

from benchmarks.poster.scenes import BAD, GOOD, PORTRAIT, draw_good
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.poster import faces
from services.worker.extraction.poster.faces import NoDetectorError, load_detector, score_faces

SEED = 47


def place_person(share: float, *, left_px: int = 300) -> Image:
    """Return a wide grey picture with the photograph at a share of its height."""
    wall = np.full((720, 1280, 3), 120, np.uint8)
    person = cv2.imread(str(PORTRAIT))
    assert person is not None
    height_px = round(share * 720)
    small = cv2.resize(person, (round(height_px * person.shape[1] / person.shape[0]), height_px))
    shown = small[:, max(-left_px, 0) :]
    wall[720 - height_px :, max(left_px, 0) :][:, : shown.shape[1]] = shown
    return wall


def test_no_face_is_found_in_a_drawing() -> None:
    drawings = [draw_good(name, 0.5, SEED) for name in GOOD if name != "portrait"]
    assert {score_faces(image) for image in [*drawings, *(draw(0.4, SEED) for draw in BAD.values())]} == {0.0}


def test_a_larger_face_scores_more() -> None:
    scores = [score_faces(place_person(share)) or 0.0 for share in (0.4, 0.6, 1.0)]
    assert 0 < scores[0] < scores[1] < scores[2] <= 1


def test_two_faces_score_more_than_one() -> None:
    one = place_person(0.4)
    assert (score_faces(np.hstack([one[:, :640], one[:, :640]])) or 0) > (score_faces(one) or 1)


def test_a_face_at_the_edge_scores_less() -> None:
    whole = score_faces(place_person(1.0))
    assert whole is not None
    assert (score_faces(place_person(1.0, left_px=-260)) or 0) < whole


def test_a_portrait_film_and_a_tiny_picture_are_searched() -> None:
    assert (score_faces(np.ascontiguousarray(place_person(1.0)[:, 425:830])) or 0) > 0.9
    assert score_faces(np.zeros((1, 1, 3), np.uint8)) == 0


def test_without_the_weights_there_is_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "_PACKAGE", "no_such_package")
    load_detector.cache_clear()
    try:
        with pytest.raises(NoDetectorError, match="no_such_package"):
            load_detector()
        assert score_faces(draw_good("portrait", 0.5, SEED)) is None
    finally:
        load_detector.cache_clear()
