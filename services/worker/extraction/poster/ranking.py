"""Order of the candidates for the poster: their measures, their flaws, and what is before and after them. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise, product

import cv2
import numpy as np

from services.worker.extraction.frames.capture import Frame
from services.worker.extraction.pixels.orientation import Image
from services.worker.extraction.poster.faces import score_faces
from services.worker.extraction.poster.flaws import find_poster_flaw
from services.worker.extraction.poster.measures import EXAMINED_PX, Floats, Measures, measure_picture, shrink_to

_WEIGHTS = {"sharpness": 0.35, "exposure": 0.2, "contrast": 0.2, "colourfulness": 0.15, "cut": 0.1, "faces": 0.25}
MEASURES = tuple(_WEIGHTS)

_GRID_PX = (24, 14)
"""Size at which scenes are compared: a camera that moves by a twentieth of the picture still shows the same scene."""
_NEIGHBOURS = 3
"""Candidates before and after one that are tried as the two scenes of a cross-fade."""
_SAME_SCENE = 0.8
"""Correlation of two pictures of one scene."""
_FADE_FIT, _FADE_GAIN = 0.85, 0.65
"""Share of a picture's variance that a mixture of two others explains if it is their cross-fade, and share of what the
nearer one alone leaves unexplained. A moving camera has a gain up to 0.6."""
_MIN_PART = 0.12
"""Lower limit of the part of each scene: below it, a cross-fade has ended."""
_FAR_CUT_S, _LONG_TRANSITION_S = 2.0, 5.0
"""Distance from which a cut does not matter, and length that few cross-fades have."""

FaceScores = dict[float, float | None]
"""Scores of the faces in candidates, by their times."""


@dataclass(frozen=True)
class CutDistance:
    """Distance to the nearest cut; `is_alone` is True if no candidate next to it shows the same scene."""

    seconds: float
    is_alone: bool

    @property
    def score(self) -> float:
        """Return a score from 0 to 1, half of it for one that is alone: it may be part of a transition."""
        return min(self.seconds / _FAR_CUT_S, 1.0) * (0.5 if self.is_alone else 1.0)


@dataclass(frozen=True)
class Ranked:
    """A candidate with its measures and its score, all from 0 to 1, and its flaw.

    `faces` is None if no faces were searched for.
    """

    frame: Frame
    measures: Measures
    cut: CutDistance
    flaw: str | None
    faces: float | None = None

    @property
    def may_be_transition(self) -> bool:
        """Return True if it is alone in its scene, and a transition can last so long."""
        return self.cut.is_alone and self.cut.seconds < _LONG_TRANSITION_S

    @property
    def score(self) -> float:
        """Return the weighted mean of the measures: that of the others if no faces were searched for."""
        return compute_score(asdict(self.measures) | {"cut": self.cut.score, "faces": self.faces})


def compute_score(measures: Mapping[str, float | None]) -> float:
    """Return the weighted mean of the known measures."""
    known = {name: value for name, value in measures.items() if value is not None}
    return sum(_WEIGHTS[name] * value for name, value in known.items()) / sum(_WEIGHTS[name] for name in known)


def rank_candidates(frames: Sequence[Frame], faces: FaceScores | None = None) -> list[Ranked]:
    """Return the candidates, the best first: those without a flaw before the others, then by score, then by time.

    Faces are searched for in those without a flaw; if there are none, in all. `faces` keeps their scores for the next
    call with the same frames.
    """
    ordered = sorted(frames, key=lambda frame: frame.time_s)
    small = [shrink_to(frame.image, EXAMINED_PX) for frame in ordered]
    grids = [_shrink_to_grid(image) for image in small]
    cuts = measure_cuts([frame.time_s for frame in ordered], grids)
    ranked = [
        Ranked(
            frame,
            measure_picture(small[number]),
            cut=cuts[number],
            flaw=find_poster_flaw(small[number]) or ("cross-fade" if is_cross_fade(grids, number) else None),
        )
        for number, frame in enumerate(ordered)
    ]
    ranked = _add_faces(ranked, small, {} if faces is None else faces)
    return sorted(ranked, key=lambda one: (one.flaw is not None, -one.score, one.frame.time_s))


def _add_faces(ranked: Sequence[Ranked], small: Sequence[Image], scores: FaceScores) -> list[Ranked]:
    has_flawless = any(one.flaw is None for one in ranked)
    added = []
    for one, image in zip(ranked, small, strict=True):
        is_examined = one.flaw is None or not has_flawless
        if is_examined and one.frame.time_s not in scores:
            scores[one.frame.time_s] = score_faces(image)
        added.append(replace(one, faces=scores[one.frame.time_s]) if is_examined else one)
    return added


def measure_cuts(times_s: Sequence[float], grids: Sequence[Floats]) -> list[CutDistance]:
    """Return the distance of each candidate to the nearest cut, which is taken to be midway between two scenes."""
    is_cut = [_correlate(before, after) < _SAME_SCENE for before, after in pairwise(grids)]
    cuts_s = [(before + after) / 2 for (before, after), cut in zip(pairwise(times_s), is_cut, strict=True) if cut]
    is_alone = [before and after for before, after in pairwise([True, *is_cut, True])]
    return [
        CutDistance(min((abs(cut_s - time_s) for cut_s in cuts_s), default=math.inf), alone)
        for time_s, alone in zip(times_s, is_alone, strict=True)
    ]


def is_cross_fade(grids: Sequence[Floats], number: int) -> bool:
    """Return True if a picture is a mixture of an earlier and a later one of other scenes, or one that fades.

    In a cross-fade, each level is the weighted mean of both scenes (Lienhart, "Reliable transition detection in
    videos", 2001), so that a linear regression on both explains the picture.
    """
    shown = grids[number]
    before, after = grids[max(number - _NEIGHBOURS, 0) : number], grids[number + 1 : number + 1 + _NEIGHBOURS]
    return any(_is_mixture(shown, *scenes) for scenes in product(before, after))


def _is_mixture(shown: Floats, before: Floats, after: Floats) -> bool:
    wanted, first, second = (grid - grid.mean() for grid in (shown, before, after))
    total, in_first, in_second = _multiply(wanted, wanted), _multiply(first, first), _multiply(second, second)
    shared = _multiply(first, second)
    if total < shown.size or shared > _SAME_SCENE * math.sqrt(in_first * in_second):
        return False
    to_first, to_second = _multiply(wanted, first), _multiply(wanted, second)
    # A camera that moves: what is between two views of a scene is like both of them.
    if min(to_first**2 * in_second, to_second**2 * in_first) > _SAME_SCENE**2 * total * in_first * in_second:
        return False
    # A ridge of one level: a black or white scene has no variance, and gets the part of nothing.
    in_first, in_second = in_first + shown.size, in_second + shown.size
    determinant = in_first * in_second - shared**2
    part_first = (to_first * in_second - to_second * shared) / determinant
    part_second = (to_second * in_first - to_first * shared) / determinant
    rest = wanted - part_first * first - part_second * second
    left, left_by_one = _multiply(rest, rest), total - max(to_first**2 / in_first, to_second**2 / in_second)
    is_explained = left < (1 - _FADE_FIT) * total and left < (1 - _FADE_GAIN) * left_by_one
    return is_explained and min(part_first, part_second) > _MIN_PART


def _multiply(one: Floats, other: Floats) -> float:
    """Return the scalar product, without BLAS, which may start threads: a child process has one."""
    return float((one * other).sum())


def _shrink_to_grid(image: Image) -> Floats:
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grid: Floats = cv2.resize(grey, _GRID_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
    return grid


def _correlate(one: Floats, other: Floats) -> float:
    """Return the correlation of two pictures; 1 for two without any contrast."""
    first, second = one - one.mean(), other - other.mean()
    energy = math.sqrt(_multiply(first, first) * _multiply(second, second))
    return _multiply(first, second) / energy if energy > one.size else float(abs(one.mean() - other.mean()) < 16)
