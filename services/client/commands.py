"""The commands `videos` and `upload`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from rich.prompt import Confirm
from rich.table import Column, Table

from services.client.client import Client
from services.client.models import PipelineError, Video
from services.client.regeneration import read_options
from services.client.target import UsageError
from services.contract.keys import UPLOAD_PREFIX
from services.contract.text import escape_deceptive

_NOT_FOUND = 404
_COLOURS = {"done": "green", "degraded": "yellow", "failed": "red"}


class CommandOutput:
    """Output of one command: a table for people, or one JSON object per video. Progress and errors go to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False)
        self.errors = Console(stderr=True, highlight=False)
        self._videos: list[Video] = []

    def add_video(self, video: Video) -> None:
        if self.as_json:
            self._print_json(video.model_dump(mode="json"))
        else:
            self._videos.append(video)

    def add_result(self, key: str, text: str) -> None:
        if self.as_json:
            self._print_json({"key": key, "result": text})
        else:
            self.console.print(f"{_show(key)}: {text}", soft_wrap=True)

    def add_problem(self, name: str, error: PipelineError) -> None:
        if self.as_json:
            self._print_json({"key": name, "problem": dict(error.problem)})
        else:
            self.errors.print(f"[red]{_show(name)}: {_show(str(error))}[/]", soft_wrap=True)

    def print_table(self) -> None:
        """Print a table with a row a video, then each reason on lines of its own."""
        if not self._videos:
            return
        table = Table(
            Column("video", overflow="fold", min_width=12),
            Column("state", no_wrap=True),
            Column("duration", justify="right", no_wrap=True),
            Column("size", justify="right", no_wrap=True),
            Column("updated", no_wrap=True),
            box=None,
            padding=(0, 2, 0, 0),
            pad_edge=False,
        )
        for video in self._videos:
            table.add_row(
                _show(video.key.removeprefix(UPLOAD_PREFIX)),
                f"[{_COLOURS.get(video.state, 'cyan')}]{_show(video.state)}[/]",
                "" if video.duration_s is None else f"{video.duration_s:.1f} s",
                f"{video.size_bytes / 1e6:.2f} MB",
                f"{video.updated_at.astimezone():%Y-%m-%d %H:%M}",
            )
        self.console.print(table)
        for video in self._videos:
            if video.reason:
                self.console.print(f"{_show(video.key)}:\n  {_show(video.reason)}", soft_wrap=True)

    def _print_json(self, content: dict[str, Any]) -> None:
        print(json.dumps(content), flush=True)  # noqa: T201 - output of the command


def run_command(arguments: argparse.Namespace, client: Client) -> int:
    """Run a command and return its exit status. Raises: PipelineError, UsageError."""
    output = CommandOutput(as_json=arguments.json)
    run = _ACTIONS[arguments.action if arguments.command == "videos" else "upload"]
    is_good = run(arguments, client, output)
    output.print_table()
    return 0 if is_good else 1


def _list(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    videos = client.list(state=arguments.state, search=arguments.search)
    for video in islice(videos, arguments.limit):
        output.add_video(video)
    return True


def _show_one(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    video = client.get(find_key(arguments.key))
    output.add_video(video)
    if not output.as_json:
        output.print_table()
        output._videos.clear()  # noqa: SLF001 - printed
        for thumbnail in video.thumbnails:
            output.console.print(f"{thumbnail.position_pct:g} %  {_show(thumbnail.stable_url)}", soft_wrap=True)
    return video.state != "failed"


def _retry(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    return _queue(arguments, client, output, client.retry, "queued again")


def _regenerate(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    regenerate = partial(client.regenerate, options=read_options(arguments))
    return _queue(arguments, client, output, regenerate, "queued for new thumbnails")


def _set_poster(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    pin = partial(client.set_poster, time_s=arguments.time_s, candidate=arguments.candidate)
    return _queue(arguments, client, output, pin, "queued for its poster")


def _restore(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    return _queue(arguments, client, output, client.restore, "restored, and queued for new thumbnails")


def _queue(
    arguments: argparse.Namespace, client: Client, output: CommandOutput, ask: Callable[[str], object], result: str
) -> bool:
    """Ask for another attempt at each video; with `--wait`, wait for its end."""

    def queue(key: str) -> bool:
        since = _find_last_change(client, key) if arguments.wait else None
        ask(key)
        if not arguments.wait:
            output.add_result(key, result)
            return True
        video = client.wait_until_done(key, after=since, timeout_s=arguments.timeout)
        output.add_video(video)
        return video.state != "failed"

    return _for_each(map(find_key, arguments.keys), queue, output)


def _find_last_change(client: Client, key: str) -> datetime | None:
    """Return the time of the last change of a video; None if nothing is left of it but a version in the bucket."""
    try:
        return client.get(key).updated_at
    except PipelineError as error:
        if error.status != _NOT_FOUND:
            raise
        return None


def _dismiss(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    def dismiss(key: str) -> bool:
        client.dismiss(key)
        output.add_result(key, "dismissed")
        return True

    return _for_each(map(find_key, arguments.keys), dismiss, output)


def _delete(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    what = "the uploads and their thumbnails" if arguments.upload else "the thumbnails"
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise UsageError("Add --yes: there is no terminal on which to ask.")
        names = ", ".join(map(_show, arguments.keys))
        if not Confirm.ask(f"Delete {what} of {names}?", console=output.errors, default=False):
            return False

    def delete(key: str) -> bool:
        client.delete(key, upload=arguments.upload)
        output.add_result(key, "deleted")
        return True

    return _for_each(map(find_key, arguments.keys), delete, output)


def _upload(arguments: argparse.Namespace, client: Client, output: CommandOutput) -> bool:
    files: Sequence[Path] = arguments.files
    if missing := [file for file in files if not file.is_file()]:
        raise UsageError(f"The file {missing[0]} does not exist: give the path of a video.")
    folder = arguments.folder.strip("/")
    keys: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=output.errors, transient=True, disable=output.as_json) as progress:
        task = progress.add_task("Uploading", total=sum(file.stat().st_size for file in files))

        def upload(name: str) -> bool:
            file = Path(name)
            to = f"{folder}/{file.name}" if folder else file.name
            keys.append(client.upload(file, to, sent=lambda size: progress.advance(task, size)))
            return True

        is_good = _for_each(map(str, files), upload, output)
    if arguments.no_wait:
        for key in keys:
            output.add_result(key, "uploaded")
        return is_good

    def wait(key: str) -> bool:
        video = client.wait_until_done(key, timeout_s=arguments.timeout)
        output.add_video(video)
        return video.state != "failed"

    with output.errors.status("Waiting for the thumbnails ...") if not output.as_json else output.errors:
        return _for_each(keys, wait, output) and is_good


def _for_each(names: Iterable[str], act: Callable[[str], bool], output: CommandOutput) -> bool:
    """Act on each of them, also after one has failed; return True if none has."""
    is_good = True
    for name in names:
        try:
            is_good = act(name) and is_good
        except PipelineError as error:
            output.add_problem(name, error)
            is_good = False
    return is_good


def find_key(text: str) -> str:
    """Return the key of a video for the key with or without its prefix."""
    return text if text.startswith(UPLOAD_PREFIX) else UPLOAD_PREFIX + text


def _show(text: str) -> str:
    return escape(escape_deceptive(text.encode(errors="replace").decode()))


_ACTIONS: dict[str, Callable[[argparse.Namespace, Client, CommandOutput], bool]] = {
    "list": _list,
    "show": _show_one,
    "retry": _retry,
    "regenerate": _regenerate,
    "poster": _set_poster,
    "restore": _restore,
    "dismiss": _dismiss,
    "delete": _delete,
    "upload": _upload,
}
