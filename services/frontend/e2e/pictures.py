# noqa: INP001 - a script for the screenshots, beside the tests that use it
"""`python pictures.py samples|labelled FOLDER`, `still PNG WEBP WIDTH` and `film FRAMES WEBP`: pictures of the docs.

`samples` draws the videos that the recording uploads, `labelled` a film with a face, titles and credits.
`still` and `film` make small WebP files of screenshots. FRAMES is a JSON file: a list of frames with `file`, `ms` (how
long it is shown), `x` and `y` (position of the pointer).
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.poster.films import read_films
from services.local.samples import SampleVideo, make_samples

SAMPLES = (
    # A storyboard has a picture every five seconds.
    SampleVideo(path="Harbour from the ferry.mp4", codec="h264", size_px=(1280, 720), hue_deg=205, duration_s=59),
    SampleVideo(path="Talk about caching.mkv", codec="h264", size_px=(1280, 720), hue_deg=150, duration_s=16),
    SampleVideo(path="IMG_2210.MOV", codec="hevc", size_px=(540, 960), hue_deg=20, duration_s=6, turned=True),
)
STILL_QUALITY = 84
FILM_QUALITY = 60
MAX_FILM_BYTES = 1_000_000
POINTER = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (13, 12))
"""Corners of an arrow whose tip is at the pointer's position."""
WHITE, BLACK = (255, 255, 255), (0, 0, 0)

Pixels = NDArray[np.uint8]


def main(command: str, source: Path, *given: str) -> None:
    if command == "samples":
        make_samples(source, samples=SAMPLES)
    elif command == "labelled":
        next(film for film in read_films() if film.name == "interview").encode(source)
    elif command == "still":
        save_still(source, Path(given[0]), width_px=int(given[1]))
    else:
        save_film(json.loads(source.read_text(encoding="utf-8")), Path(given[0]))


def save_still(source: Path, target: Path, *, width_px: int) -> None:
    """Save a screenshot as WebP, at most this wide."""
    picture = read(source)
    if picture.shape[1] > width_px:
        height_px = round(picture.shape[0] * width_px / picture.shape[1])
        picture = cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA).astype(np.uint8)
    cv2.imwrite(str(target), picture, [cv2.IMWRITE_WEBP_QUALITY, STILL_QUALITY])


def save_film(frames: list[dict[str, str | float]], target: Path) -> None:
    """Save frames as an animated WebP that repeats, and fail if it is larger than a README should load."""
    animation = cv2.Animation()
    animation.frames = [draw_pointer(read(Path(str(one["file"]))), float(one["x"]), float(one["y"])) for one in frames]
    animation.durations = [int(one["ms"]) for one in frames]
    animation.loop_count = 0
    cv2.imwriteanimation(str(target), animation, [cv2.IMWRITE_WEBP_QUALITY, FILM_QUALITY])
    if target.stat().st_size > MAX_FILM_BYTES:
        raise SystemExit(f"{target} has {target.stat().st_size} bytes, more than {MAX_FILM_BYTES}.")


def read(path: Path) -> Pixels:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path} is no picture.")
    return picture.astype(np.uint8)


def draw_pointer(picture: Pixels, x_px: float, y_px: float) -> Pixels:
    """Draw an arrow at the position of the pointer."""
    corners = np.array([(x_px + dx, y_px + dy) for dx, dy in POINTER]).round().astype(np.int32)
    cv2.fillPoly(picture, [corners], WHITE, cv2.LINE_AA)
    cv2.polylines(picture, [corners], True, BLACK, 1, cv2.LINE_AA)  # noqa: FBT003 - OpenCV takes no name for it
    return picture


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
