"""Drawn pictures of every label of the test set: good scenes, and pictures that are no poster."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.local.samples import Image

SIZE_PX = (640, 360)
_MARGIN_PX = 60
"""A scene is drawn wider than a frame, so that a camera can move along it."""


def draw_good(name: str, moved: float, seed: int) -> Image:
    """Return a frame of a scene; `moved` is the share of the shot that has passed, from 0 to 1."""
    scene = _draw_scene(name, seed)
    left = round(moved * _MARGIN_PX)
    return np.ascontiguousarray(scene[:, left : left + SIZE_PX[0]])


@cache
def _draw_black(seed: int) -> Image:
    return np.random.default_rng(seed).integers(0, 8, (SIZE_PX[1], SIZE_PX[0], 3)).astype(np.uint8)


@cache
def _draw_white(seed: int) -> Image:
    return np.random.default_rng(seed).integers(248, 256, (SIZE_PX[1], SIZE_PX[0], 3)).astype(np.uint8)


@cache
def _draw_bars(seed: int) -> Image:
    """Return colour bars over a row of greys."""
    colours = [(191, 191, 191), (0, 191, 191), (191, 191, 0), (0, 191, 0), (191, 0, 191), (0, 0, 191), (191, 0, 0)]
    image = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
    edges = np.linspace(0, SIZE_PX[0], 8).astype(int)
    for number in range(7):
        image[:, edges[number] : edges[number + 1]] = colours[(number + seed) % 7]
        image[270:, edges[number] : edges[number + 1]] = 36 * number
    return image


@cache
def _draw_title(seed: int) -> Image:
    """Return a title card: text on one colour."""
    image = np.empty((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
    image[:] = ((90, 40, 20), (30, 60, 120), (60, 90, 30), (200, 190, 170))[seed % 4]
    ink = (20, 20, 20) if seed % 4 == 3 else (235, 235, 235)
    cv2.rectangle(image, (40, 40), (600, 320), ink, 3)
    for row, text in enumerate(("SUMMER FILM", f"SCENE {seed % 90 + 1}  TAKE 3", "DIRECTOR: A. NAME")):
        cv2.putText(image, text, (90, 120 + 75 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.3, ink, 3, cv2.LINE_AA)
    return image


def draw_credits(moved: float, seed: int) -> Image:
    """Return scrolling white text on black."""
    image = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8)
    generator = np.random.default_rng(seed)
    for row in range(24):
        word = "".join(chr(int(letter)) for letter in generator.integers(65, 91, 14))
        place = (150, round(40 + 38 * row - 300 * moved))
        cv2.putText(image, word, place, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (230, 230, 230), 2, cv2.LINE_AA)
    return image


def draw_letterboxed_credits(moved: float, seed: int) -> Image:
    """Return scrolling text on dark grey between black bars."""
    image = draw_credits(moved, seed)
    cv2.max(image, np.full_like(image, 34), image)
    image[:48] = image[-48:] = 0
    return image


def blur(image: Image, share: float) -> Image:
    """Return a picture out of focus; `share` from 0 to 1 makes it worse."""
    return cv2.GaussianBlur(image, (0, 0), 8 + 8 * share).astype(np.uint8)


def mix(first: Image, second: Image, share: float) -> Image:
    """Return a cross-fade: `share` of the second picture over the first."""
    return cv2.addWeighted(first, 1 - share, second, share, 0).astype(np.uint8)


BAD: dict[str, Callable[[float, int], Image]] = {
    "black": lambda _, seed: _draw_black(seed),
    "white": lambda _, seed: _draw_white(seed),
    "bars": lambda _, seed: _draw_bars(seed),
    "title": lambda _, seed: _draw_title(seed),
    "credits": draw_credits,
    "letterboxed-credits": draw_letterboxed_credits,
}
"""Pictures that are bad by themselves, by their labels."""

_SKY = {
    "harbour": ((235, 190, 140), (250, 225, 190)),
    "forest": ((210, 200, 160), (225, 220, 200)),
    "street": ((170, 160, 150), (215, 205, 200)),
    "night": ((28, 12, 8), (48, 26, 18)),
    "snow": ((230, 220, 210), (245, 240, 236)),
    "fog": ((150, 150, 148), (178, 178, 176)),
}
"""Colours of the sky at the top and at the horizon, blue first."""
_GROUND = {
    "harbour": (120, 80, 30),
    "forest": (40, 90, 50),
    "street": (80, 80, 85),
    "night": (22, 18, 16),
    "snow": (225, 222, 220),
    "fog": (120, 125, 122),
}
GOOD = (*_SKY, "desktop", "portrait")

PORTRAIT = Path(__file__).with_name("portrait.jpg")
"""A photograph, as no drawing has a face that a detector finds: see README.md."""


@cache
def _draw_scene(name: str, seed: int) -> Image:
    generator = np.random.default_rng([seed, *name.encode()])
    match name:
        case "desktop":
            return _draw_desktop(generator)
        case "portrait":
            return _draw_portrait(generator)
        case _:
            return _draw_landscape(name, generator)


def _draw_landscape(name: str, generator: np.random.Generator) -> Image:
    """Return a sky, a ground with texture, and objects between."""
    width, height = SIZE_PX[0] + _MARGIN_PX, SIZE_PX[1]
    top, horizon = (np.array(colour, np.float64) for colour in _SKY[name])
    down = np.linspace(0, 1, height)[:, None, None]
    image = top * (1 - down) + horizon * down + np.zeros((height, width, 3))
    level = height // 2 + int(generator.integers(-30, 50))
    amount = 14 if name in ("fog", "night") else 45
    image += (_draw_clouds(generator, width, height) - 0.5)[:, :, None] * amount
    texture = _draw_clouds(generator, width, height)[level:, :, None] - 0.5
    image[level:] = np.array(_GROUND[name]) + texture * 2 * amount
    canvas = np.clip(image, 0, 255).astype(np.uint8)
    _add_objects(canvas, name, level, generator)
    noise = generator.normal(0, 2.5, (height, width, 1))
    return np.clip(canvas + noise, 0, 255).astype(np.uint8)


def _add_objects(image: Image, name: str, level: int, generator: np.random.Generator) -> None:
    """Draw houses with windows, trees and discs around the horizon."""
    spread = 22 if name == "fog" else 34 if name == "night" else 110
    for _ in range(26):
        left, wide = int(generator.integers(0, image.shape[1])), int(generator.integers(14, 70))
        base = level + int(generator.integers(0, image.shape[0] - level))
        tall = int(generator.integers(20, 150))
        colour = np.clip(np.array(_GROUND[name]) + generator.integers(-spread, spread, 3), 0, 255)
        shade = tuple(int(value) for value in colour)
        if generator.random() < 0.6:
            cv2.rectangle(image, (left, base - tall), (left + wide, base), shade, -1)
            lit = (120, 200, 240) if name == "night" else tuple(int(value * 0.55) for value in colour)
            for row in range(base - tall + 6, base - 8, 14):
                for column in range(left + 5, left + wide - 8, 14):
                    if generator.random() < 0.7:
                        cv2.rectangle(image, (column, row), (column + 6, row + 7), lit, -1)
        else:
            cv2.circle(image, (left, base - tall // 2), wide // 2, shade, -1)
            cv2.line(image, (left, base - tall // 2), (left, base), tuple(int(value * 0.4) for value in colour), 4)


def _draw_clouds(
    generator: np.random.Generator, width: int, height: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return noise of several scales, from 0 to 1."""
    total: Any = np.zeros((height, width))
    for step in (4, 9, 18, 40, 90, 180):
        coarse = generator.random((step * height // width + 2, step + 2))
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / step**0.6
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / (high - low))


def _draw_desktop(generator: np.random.Generator) -> Image:
    """Return the screen of a computer: windows with text, on a background with texture."""
    width, height = SIZE_PX[0] + _MARGIN_PX, SIZE_PX[1]
    clouds = _draw_clouds(generator, width, height)[:, :, None]
    image = np.clip(np.array((150, 90, 60)) + (clouds - 0.5) * 190, 0, 255).astype(np.uint8)
    for left, top in ((40, 30), (230, 110), (430, 60)):
        cv2.rectangle(image, (left, top), (left + 230, top + 190), (240, 238, 235), -1)
        cv2.rectangle(image, (left, top), (left + 230, top + 18), (190, 140, 70), -1)
        for row in range(11):
            word = "".join(chr(int(letter)) for letter in generator.integers(97, 123, 22))
            place = (left + 8, top + 36 + 14 * row)
            cv2.putText(image, word, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (60, 40, 30), 1, cv2.LINE_AA)
    return image


def _draw_portrait(generator: np.random.Generator) -> Image:
    """Return the photograph of a person in front of a wall, somewhere in the middle half."""
    width, height = SIZE_PX[0] + _MARGIN_PX, SIZE_PX[1]
    clouds = _draw_clouds(generator, width, height)[:, :, None]
    image = np.clip(np.array((175, 185, 190)) + (clouds - 0.5) * 45, 0, 255).astype(np.uint8)
    person = cv2.imread(str(PORTRAIT))
    if person is None:
        raise FileNotFoundError(PORTRAIT)
    person = cv2.resize(person, (round(person.shape[1] * height / person.shape[0]), height))
    left = int(generator.integers(width // 4, width * 3 // 4 - person.shape[1]))
    image[:, left : left + person.shape[1]] = person
    return image
