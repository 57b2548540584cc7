"""Options of `videos regenerate`: those of the api's regenerations, checked by the same rules."""

import argparse
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from services.contract.outputs.stored import MAX_CANDIDATES
from services.contract.thumbnails import ImageFormat, ThumbnailOverrides

_FLAGS = {
    "smart": "prefer a better picture nearby to a black, white, flat or blurred one",
    "storyboard": "also make a storyboard",
    "preview": "also make a preview",
    "poster": "also choose a poster",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that a video can have in place of the settings of the workers."""
    group = parser.add_argument_group(
        "options of the thumbnails",
        "The settings of the workers hold for what is not given. Without any of these options, options of an earlier "
        "regeneration are dropped.",
    )
    group.add_argument(
        "--positions",
        dest="positions_pct",
        type=_make_parser("positions_pct", lambda text: text.split(",")),
        metavar="PCT,PCT,...",
        help="positions in %% of the duration, such as 5,50",
    )
    group.add_argument(
        "--width", dest="width_px", type=_make_parser("width_px"), metavar="PX", help="maximum width in pixels"
    )
    group.add_argument("--format", choices=[one.value for one in ImageFormat], help="format of the pictures")
    group.add_argument(
        "--quality", type=_make_parser("quality"), metavar="N", help="quality of the pictures, from 1 to 100"
    )
    group.add_argument(
        "--background",
        type=_make_parser("background"),
        metavar="COLOUR",
        help="colour behind transparent pictures, such as '#ffffff'",
    )
    group.add_argument(
        "--poster-time",
        dest="poster_time_s",
        type=_make_parser("poster_time_s"),
        metavar="S",
        help="time of the frame that is the poster, in seconds, or auto",
    )
    for name, what in _FLAGS.items():
        group.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, help=what)


def add_poster_choice(parser: argparse.ArgumentParser) -> None:
    """Add the ways to choose the frame of a poster, of which one is needed."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument(
        "--time",
        dest="time_s",
        type=_make_parser("poster_time_s", float),
        metavar="S",
        help="the frame that players show at this time, in seconds",
    )
    group.add_argument(
        "--candidate", type=int, choices=range(1, MAX_CANDIDATES + 1), metavar="N", help="a candidate; 1 is the best"
    )
    group.add_argument("--auto", action="store_true", help="let it be chosen by the scores again")


def read_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, as the api takes them."""
    given = {name: getattr(arguments, name) for name in ThumbnailOverrides.model_fields}
    return ThumbnailOverrides(**given).model_dump(mode="json", exclude_none=True)


def _make_parser(name: str, split: Callable[[str], Any] = str) -> Callable[[str], Any]:
    """Return a parser of one option, for argparse."""

    def parse(text: str) -> Any:
        try:
            return getattr(ThumbnailOverrides.model_validate({name: split(text)}), name)
        except ValidationError as error:
            rule = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise argparse.ArgumentTypeError(f"{text!r}: {rule[:1].lower()}{rule[1:]}") from None

    return parse
