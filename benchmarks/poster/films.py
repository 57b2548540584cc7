"""The labelled films of the poster's test set, drawn and encoded from the shots in `films.toml`."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.poster.scenes import BAD, blur, draw_good, mix
from services.local.samples import Image, encode_video

LABELS = Path(__file__).parent / "films.toml"
FPS = 4
_ENCODING = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "8")
"""A keyframe at every change of scene, and at least every two seconds."""


@dataclass(frozen=True)
class Shot:
    """A part of a film of which all frames have one label."""

    label: str
    scenes: tuple[str, ...]
    start_s: float
    duration_s: float

    def draw(self, moved: float, seed: int) -> Image:
        """Return the frame at a share of the shot, from 0 to 1."""
        if self.label == "cross-fade":
            # The camera moves on: the first scene ends, and the second begins. No frame shows one scene alone.
            ends, begins = self.scenes
            first, second = draw_scene(ends, 0.8 + 0.2 * moved, seed), draw_scene(begins, 0.2 * moved, seed)
            return mix(first, second, 0.15 + 0.7 * moved)
        if self.label in BAD:
            return BAD[self.label](moved, seed)
        image = draw_scene(self.scenes[0], 0.2 + 0.6 * moved, seed)
        return blur(image, moved) if self.label == "blurred" else image


@dataclass(frozen=True)
class Film:
    name: str
    shots: tuple[Shot, ...]

    @property
    def has_good(self) -> bool:
        return any(shot.label == "good" for shot in self.shots)

    def find_label(self, time_s: float) -> str:
        """Return the label of the frame at a time."""
        return next((shot.label for shot in reversed(self.shots) if shot.start_s <= time_s + 1e-3), "none")

    def encode(self, folder: Path, seed: int = 0) -> Path:
        """Draw and encode the film; return its file. Raises: SampleError."""
        path = folder / f"{self.name.replace(' ', '-')}-{seed}.mp4"
        encode_video(self._draw_frames(seed), path, fps=FPS, options=_ENCODING)
        return path

    def _draw_frames(self, seed: int) -> Iterator[Image]:
        for number, shot in enumerate(self.shots):
            count = round(shot.duration_s * FPS)
            # Each shot of a film shows another place; a cross-fade shows those of its neighbours.
            for frame in range(count):
                yield shot.draw(frame / count, seed * 100 + (number if shot.label in BAD else 0))


def draw_scene(scene: str, moved: float, seed: int) -> Image:
    """Return a frame of a scene, of which a label can be the name."""
    return BAD[scene](moved, seed) if scene in BAD else draw_good(scene, moved, seed)


def read_films(labels: Path = LABELS) -> list[Film]:
    """Return the films of a file of labels."""
    films = []
    for entry in tomllib.loads(labels.read_text(encoding="utf-8"))["film"]:
        shots, start_s = [], 0.0
        for text in entry["shots"]:
            label, *scenes, seconds = text.split()
            shots.append(Shot(label, tuple(scenes), start_s, float(seconds)))
            start_s += float(seconds)
        films.append(Film(entry["name"], tuple(shots)))
    return films
