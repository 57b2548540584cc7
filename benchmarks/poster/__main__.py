"""`./noxw bench poster`: hit rates of the poster on labelled films, next to simpler choices.

A choice hits if the frame that it shows is labelled good. Films without a good frame are left out of the rates. It
fails if a poster is a bad frame although the film has a good one. `--seeds N` draws the films in N variants,
`--picture FILE` writes the strip of candidates of one film as WebP. `--pins N` measures only the time from a pin until
the new poster can be read.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.poster.films import Film, read_films
from benchmarks.poster.pin import measure_pins, print_pins
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction.outcome import ExtractedPoster, Outcome, ScoredFrame
from services.worker.extraction.poster.ranking import MEASURES, compute_score
from services.worker.extraction.reading.source import LocalFile
from services.worker.extraction.sandbox.job import Bounds
from services.worker.extraction.sandbox.sandbox import Sandbox

POSITIONS_PCT: tuple[tuple[float, ...], ...] = ((10, 50, 95), (50,), (5, 95), (15, 35, 55, 75))
"""Positions of the thumbnails: the default ones, and others that meet other frames first."""

Extract = Callable[[Path, ThumbnailOptions], Outcome]
Hits = dict[tuple[str, str], list[bool]]
"""Results by the label of the frame at the middle position, and by the choice."""

_PICTURED = "interview"
"""Film of `--picture`: black, titles, credits, and a face."""

_CHOICES = ("middle", "smart middle", "without faces", "poster")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./noxw bench poster", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="variants of each film (default: 2)")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the candidates of the film with a face")
    parser.add_argument("--pins", type=int, default=0, metavar="N", help="measure N pins of one film, and no rates")
    arguments = parser.parse_args()
    if arguments.pins:
        print_pins(measure_pins(arguments.pins))
        return 0
    films = read_films()
    with tempfile.TemporaryDirectory() as folder, Sandbox(ThumbnailOptions(), Bounds()) as sandbox:

        def extract(path: Path, options: ThumbnailOptions) -> Outcome:
            with LocalFile(path) as source:
                return sandbox.extract(source, options)

        encoded = [(film, film.encode(Path(folder), seed)) for film in films for seed in range(arguments.seeds)]
        if arguments.picture:
            path = next(path for film, path in encoded if film.name == _PICTURED)
            write_picture(extract(path, _choose_options(POSITIONS_PCT[0])), arguments.picture)
        hits = measure_hits(encoded, extract)
    return print_table(hits)


def measure_hits(encoded: Sequence[tuple[Film, Path]], extract: Extract) -> Hits:
    """Return for each choice, film and set of positions if it shows a good frame."""
    hits: Hits = {}
    for film, path in encoded:
        if not film.has_good:
            continue
        for positions_pct in POSITIONS_PCT:
            plain = extract(path, ThumbnailOptions(positions_pct=positions_pct, smart=False))
            chosen = extract(path, _choose_options(positions_pct))
            middle = len(positions_pct) // 2
            labels = [film.find_label(outcome.pictures[middle].time_s) for outcome in (plain, chosen)]
            shown_s = [choose_without_faces(chosen.poster), chosen.poster.time_s] if chosen.poster else [-1.0, -1.0]
            labels += [film.find_label(time_s) for time_s in shown_s]
            for choice, shown in zip(_CHOICES, labels, strict=True):
                hits.setdefault((labels[0], choice), []).append(shown == "good")
    return hits


def choose_without_faces(poster: ExtractedPoster) -> float:
    """Return the time of the candidate that would be the poster if faces did not count."""

    def order(candidate: ScoredFrame) -> tuple[bool, float]:
        scores = {name: getattr(candidate, name) for name in MEASURES if name != "faces"}
        return candidate.flaw is not None, -compute_score(scores)

    return min(poster.candidates, key=order).time_s


def print_table(hits: Hits) -> int:
    """Print the rates by the label of the frame at the middle position; return 1 if a poster missed, else 0."""
    labels = Counter({label: len(found) for (label, choice), found in hits.items() if choice == "poster"})
    print(f"{'frame at the position':<24} {'videos':>6} " + " ".join(f"{choice:>13}" for choice in _CHOICES))  # noqa: T201
    for label, count in labels.most_common():
        rates = (np.mean(hits[label, choice]) for choice in _CHOICES)
        print(f"{label:<24} {count:>6} " + " ".join(f"{rate:>12.0%} " for rate in rates))  # noqa: T201
    rates = (np.mean([hit for label in labels for hit in hits[label, choice]]) for choice in _CHOICES)
    print(f"{'all':<24} {labels.total():>6} " + " ".join(f"{rate:>12.1%} " for rate in rates))  # noqa: T201
    return 0 if all(all(hits[label, "poster"]) for label in labels) else 1


def write_picture(outcome: Outcome, path: Path) -> None:
    """Write the strip of candidates with their scores below as a WebP file."""
    if outcome.poster is None:
        raise ValueError("the film has no poster")
    strip = cv2.imdecode(np.frombuffer(outcome.poster.strip.data, np.uint8), cv2.IMREAD_COLOR)
    if strip is None:
        raise ValueError("the strip is no picture")
    strip = cv2.copyMakeBorder(strip, 0, 40, 0, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    for number, candidate in enumerate(outcome.poster.candidates):
        left = number * outcome.poster.tile_width_px + 6
        lines = f"{candidate.time_s:.1f} s   {candidate.score:.2f}", candidate.flaw or "no flaw"
        for row, line in enumerate(lines):
            place = (left, strip.shape[0] - 24 + 17 * row)
            cv2.putText(strip, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    path.write_bytes(cv2.imencode(".webp", strip, [cv2.IMWRITE_WEBP_QUALITY, 90])[1].tobytes())


def _choose_options(positions_pct: tuple[float, ...]) -> ThumbnailOptions:
    return ThumbnailOptions(positions_pct=positions_pct, format=ImageFormat.JPEG, poster=True)


if __name__ == "__main__":
    raise SystemExit(main())
