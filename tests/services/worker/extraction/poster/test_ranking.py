"""Order of candidates: flaws, cross-fades and cuts show next to other pictures of the video."""

import numpy as np
import pytest

from benchmarks.poster.scenes import BAD, blur, draw_good, mix
from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.poster import ranking
from services.worker.extraction.poster.ranking import Ranked, rank_candidates

SEED = 43


def ranked(*images: Image, step_s: float = 5) -> list[Ranked]:
    return rank_candidates([Frame(image, number * step_s) for number, image in enumerate(images)])


def by_time(*images: Image, step_s: float = 5) -> list[Ranked]:
    return sorted(ranked(*images, step_s=step_s), key=lambda one: one.frame.time_s)


def test_a_picture_without_a_flaw_comes_before_any_other() -> None:
    fog = draw_good("fog", 0.5, SEED)
    best, *others = ranked(BAD["bars"](0, SEED), fog, blur(draw_good("harbour", 0.5, SEED), 0))
    assert (best.frame.image is fog, best.flaw) == (True, None)
    # Bars are sharp and full of colour: their score alone would win.
    assert max(one.score for one in others) > best.score


def test_the_sharper_of_two_pictures_of_a_scene_wins() -> None:
    image = draw_good("street", 0.5, SEED)
    soft = ((image.astype(np.float32) + blur(image, 0)) / 2).astype(np.uint8)
    assert ranked(soft, image)[0].frame.image is image


def test_cross_fades_show_between_the_scenes_that_they_mix() -> None:
    first, second = draw_good("harbour", 1, SEED), draw_good("desktop", 0, SEED)
    images = first, mix(first, second, 0.25), mix(first, second, 0.5), mix(first, second, 0.8), second
    assert [one.flaw for one in by_time(*images)] == [None, "cross-fade", "cross-fade", "cross-fade", None]


def test_different_scenes_and_one_moving_scene_are_no_cross_fade() -> None:
    scenes = [draw_good(name, 0.5, SEED) for name in ("harbour", "street", "night", "forest", "desktop")]
    assert {one.flaw for one in ranked(*scenes)} == {None}
    moving = [draw_good("street", moved, SEED) for moved in (0, 0.25, 0.5, 0.75, 1)]
    assert {one.flaw for one in ranked(*moving)} == {None}


def test_a_picture_near_a_cut_or_alone_scores_less() -> None:
    first, second = draw_good("harbour", 0.5, SEED), draw_good("forest", 0.5, SEED)
    assert [one.cut.score for one in by_time(first, first, second, second, step_s=2)] == [1.0, 0.5, 0.5, 1.0]
    assert [one.cut.score for one in by_time(first, second)] == [0.5, 0.5]
    assert [one.cut.score for one in by_time(first)] == [0.5]


def test_a_face_wins_and_pictures_without_one_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("harbour", "portrait", "street", "fog")
    images = [draw_good(name, 0.5, SEED) for name in names]
    with_faces = [names[round(one.frame.time_s / 5)] for one in ranked(*images)]
    monkeypatch.setattr(ranking, "score_faces", lambda _: None)
    without = [names[round(one.frame.time_s / 5)] for one in ranked(*images)]
    assert with_faces == ["portrait", "harbour", "street", "fog"]
    assert without.index("portrait") > 0
    assert [name for name in with_faces if name != "portrait"] == [name for name in without if name != "portrait"]


def test_faces_are_searched_for_in_pictures_without_a_flaw() -> None:
    portrait, bars = draw_good("portrait", 0.5, SEED), BAD["bars"](0, SEED)
    assert [one.faces is None for one in by_time(portrait, bars)] == [False, True]
    # There is none without a flaw: a face still shows which of them is best.
    blurred = blur(portrait, 0)
    assert [one.faces is None for one in by_time(blurred, bars)] == [False, False]


def test_known_faces_are_not_searched_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Frame(draw_good("fog", 0.5, SEED), time_s) for time_s in (0.0, 5.0)]
    faces: ranking.FaceScores = {}
    rank_candidates(frames[:1], faces)
    monkeypatch.setattr(ranking, "score_faces", lambda _: 0.5)
    assert [one.faces for one in sorted(rank_candidates(frames, faces), key=lambda one: one.frame.time_s)] == [0.0, 0.5]
