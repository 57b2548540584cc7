"""Arguments of the commands that talk to a pipeline, which the shell completion knows as well."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from services.client.regeneration import add_options, add_poster_choice
from services.client.target import DEFAULT_DATA, TOKEN_VARIABLE, URL_VARIABLE
from services.contract.records import VideoState

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name

FILES = "files"
FOLDER = "data"
"""Names of the arguments that are paths: shells complete them."""

EXIT_CODES = (
    "Exit status: 0 if all went well, 1 if a video failed or the pipeline refused something or did not answer, "
    "2 if the command is not understood."
)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./noxw", description="Talk to a running pipeline.")
    add_commands(parser.add_subparsers(dest="command", required=True))
    return parser


def add_commands(commands: "Subparsers") -> None:
    """Add the parsers of the commands."""
    upload = commands.add_parser(
        "upload", help="upload videos and wait for their thumbnails", description=_describe("Upload videos.")
    )
    upload.add_argument(FILES, nargs="+", type=Path, metavar="FILE", help="a video")
    upload.add_argument("--folder", default="", metavar="NAME", help="folder of the videos under uploads/")
    upload.add_argument("--no-wait", action="store_true", help="end when the videos are uploaded")
    _add_common(upload)
    _add_timeout(upload)

    videos = commands.add_parser("videos", help="list, show, change and delete videos")
    actions = videos.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="list videos, the newest first", description=_describe("List videos."))
    listing.add_argument("--state", choices=[state.value for state in VideoState], help="only videos in this state")
    listing.add_argument("--search", metavar="TEXT", help="only videos whose key contains this text")
    listing.add_argument("--limit", type=_parse_count, default=50, metavar="N", help="at most N (default: %(default)s)")
    _add_common(listing)

    show = actions.add_parser("show", help="show one video", description=_describe("Show a video."))
    show.add_argument("key", metavar="KEY", help=_KEY)
    _add_common(show)

    for name, what, description in (
        ("retry", "queue failed videos again", "Retry videos."),
        ("regenerate", "make the thumbnails of videos again", "Make thumbnails again."),
        ("poster", "choose the poster of a video", "Pin the poster of a video to a frame, or let it be chosen again."),
        ("restore", "undo the deletion of videos", "Restore deleted videos, if the bucket still has them."),
    ):
        queued = actions.add_parser(name, help=what, description=_describe(description))
        queued.add_argument("keys", nargs=1 if name == "poster" else "+", metavar="KEY", help=_KEY)
        queued.add_argument("--wait", action="store_true", help="wait for the result")
        if name == "regenerate":
            add_options(queued)
        if name == "poster":
            add_poster_choice(queued)
        _add_common(queued)
        _add_timeout(queued)

    dismiss = actions.add_parser(
        "dismiss", help="mark failures as seen", description=_describe("Take failures out of lists, counts and alarms.")
    )
    dismiss.add_argument("keys", nargs="+", metavar="KEY", help=_KEY)
    _add_common(dismiss)

    delete = actions.add_parser("delete", help="delete videos", description=_describe("Delete videos."))
    delete.add_argument("keys", nargs="+", metavar="KEY", help=_KEY)
    delete.add_argument("--upload", action="store_true", help="also delete the uploads, not only their thumbnails")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    _add_common(delete)
    _add_reconcile(commands)
    _add_processing(commands)


def _add_processing(commands: "Subparsers") -> None:
    processing = commands.add_parser(
        "processing",
        help="pause or resume processing",
        description=_describe(
            "Show whether processing is paused, or pause or resume it. In a pause, workers finish the videos that they "
            "have and receive no more."
        ),
    )
    processing.add_argument("change", nargs="?", choices=("pause", "resume"), help="nothing: only show the state")
    _add_common(processing)


def _add_reconcile(commands: "Subparsers") -> None:
    reconcile = commands.add_parser(
        "reconcile",
        help="make the thumbnails equal to the uploads",
        description=_describe(
            "Count what is missing, of other settings, or without a video; ask; then queue and remove it. The "
            "pipeline does the work, also after Ctrl-C."
        ),
    )
    reconcile.add_argument("--dry-run", action="store_true", help="only count")
    reconcile.add_argument("--yes", action="store_true", help="do not ask")
    reconcile.add_argument("--no-create", action="store_true", help="queue no videos")
    reconcile.add_argument(
        "--remove",
        action=argparse.BooleanOptionalAction,
        help="remove what has no video (default: unless uploads expire)",
    )
    reconcile.add_argument(
        "--window", type=_parse_count, metavar="N", help="at most N queued videos at a time (default: 2)"
    )
    reconcile.add_argument("--cancel", action="store_true", help="cancel the running reconciliation")
    _add_common(reconcile)


_KEY = "key of a video, with or without uploads/"


def _describe(what: str) -> str:
    return f"{what} {EXIT_CODES}"


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object per video or run and line")
    where = parser.add_argument_group("pipeline", "By default the demo that runs on this machine.")
    where.add_argument("--url", metavar="URL", help=f"address of the dashboard or the api (or {URL_VARIABLE})")
    where.add_argument(
        "--token",
        metavar="TOKEN",
        help=f"token of the api (or {TOKEN_VARIABLE}, which other users of the machine cannot see)",
    )
    where.add_argument(
        f"--{FOLDER}", type=Path, default=DEFAULT_DATA, metavar="DIR", help="folder of the demo (default: %(default)s)"
    )


def _add_timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", type=_parse_count, default=600, metavar="S", help="seconds to wait for a video (default: 600)"
    )


def _parse_count(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r}: not a whole number above 0")
    return int(text)
