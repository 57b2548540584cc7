"""The poster of whole videos: a good frame of the labelled films, without a request where there is a choice."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.poster.films import Film, read_films
from services.contract.records import VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOptions
from services.worker.extraction.outcome import ExtractedPoster, Outcome
from services.worker.extraction.reading.source import LocalFile
from tests.support.extracted import SMALL, SharedSandbox
from tests.support.videos import Videos, frame_number

POSTER = ThumbnailOptions(poster=True)
FILMS = read_films()


def extract(path: Path, options: ThumbnailOptions = POSTER) -> Outcome:
    with SharedSandbox(options) as sandbox, LocalFile(path) as source:
        outcome = sandbox.extract(source)
    assert outcome.state is VideoState.DONE
    return outcome


def poster(path: Path, options: ThumbnailOptions = POSTER) -> ExtractedPoster:
    found = extract(path, options).poster
    assert found is not None
    return found


@pytest.fixture(scope="module")
def labelled(videos: Videos) -> dict[str, tuple[Film, Path]]:
    """Films of another seed than those by which the limits of the flaws were chosen."""
    folder = videos.file("labelled/folder", b"").parent
    return {film.name: (film, film.encode(folder, seed=97)) for film in FILMS}


@pytest.mark.parametrize("positions_pct", [(10.0, 50.0, 95.0), (50.0,)])
@pytest.mark.parametrize("name", [film.name for film in FILMS if film.has_good])
def test_no_labelled_bad_frame_is_a_poster(
    labelled: dict[str, tuple[Film, Path]], name: str, positions_pct: tuple[float, ...]
) -> None:
    film, path = labelled[name]
    found = poster(path, POSTER.model_copy(update={"positions_pct": positions_pct}))
    assert film.find_label(found.time_s) == "good", [(one.time_s, one.score, one.flaw) for one in found.candidates]


def test_a_film_without_good_frames_has_a_flawed_poster(labelled: dict[str, tuple[Film, Path]]) -> None:
    found = poster(labelled["nothing good"][1])
    assert all(one.flaw for one in found.candidates)
    assert found.time_s == found.candidates[0].time_s


def test_candidates_are_scored_in_order_and_shown_in_a_strip(labelled: dict[str, tuple[Film, Path]]) -> None:
    found = poster(labelled["lecture"][1])
    assert len({one.time_s for one in found.candidates}) == len(found.candidates) == 6
    flawless = [one.score for one in found.candidates if one.flaw is None]
    assert flawless == sorted(flawless, reverse=True)
    strip = cv2.imdecode(np.frombuffer(found.strip.data, np.uint8), cv2.IMREAD_COLOR)
    assert strip is not None
    assert strip.shape == (found.tile_height_px, 6 * found.tile_width_px, 3) == (90, 960, 3)


def test_a_choice_among_good_frames_costs_no_request(videos: Videos) -> None:
    path = videos.video("poster.mp4", duration_s=12, gop=25, **SMALL)
    plain, chosen = extract(path, ThumbnailOptions()), extract(path)
    assert (plain.usage.requests, plain.usage.bytes_read) == (chosen.usage.requests, chosen.usage.bytes_read)
    assert plain.poster is None
    assert [one.data for one in plain.pictures] == [one.data for one in chosen.pictures]


@pytest.mark.parametrize("image_format", ImageFormat)
def test_the_poster_shows_the_frame_of_its_time(videos: Videos, image_format: ImageFormat) -> None:
    path = videos.video("poster.mp4", duration_s=12, gop=25, **SMALL)
    found = poster(path, POSTER.model_copy(update={"format": image_format}))
    image = cv2.imdecode(np.frombuffer(found.data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (found.height_px, found.width_px, 3) == (180, 320, 3)
    assert frame_number(image.astype(np.uint8)) == round(found.time_s * 25)


@pytest.mark.parametrize("name", ["poster.mp4", "poster.mpg"])
def test_a_pinned_poster_shows_the_frame_at_its_time(videos: Videos, name: str) -> None:
    codec = "h264" if name.endswith("mp4") else "mpeg2video"
    path = videos.video(f"pinned-{name}", codec=codec, duration_s=4, **SMALL)
    found = poster(path, ThumbnailOptions(poster_time_s=2.25))
    image = cv2.imdecode(np.frombuffer(found.data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert found.is_pinned
    # Frame 56 begins at 2.24 s, and the next one at 2.28 s.
    assert frame_number(image.astype(np.uint8)) == round(found.time_s * 25) == 56


def test_a_pin_beyond_the_end_leaves_the_choice_to_the_scores(videos: Videos) -> None:
    found = poster(videos.video("poster.mp4", duration_s=12, gop=25, **SMALL), ThumbnailOptions(poster_time_s=99.0))
    assert (found.is_pinned, found.time_s) == (False, found.candidates[0].time_s)


def test_a_video_without_an_index_has_its_thumbnails_as_candidates(videos: Videos) -> None:
    path = videos.video("poster.mpg", codec="mpeg2video", duration_s=4, **SMALL)
    with SharedSandbox(POSTER) as sandbox, LocalFile(path) as source:
        outcome = sandbox.extract(source)
    assert outcome.poster is not None
    assert {one.time_s for one in outcome.poster.candidates} <= {one.time_s for one in outcome.pictures}
