"""The demo: a pipeline on this machine that processes sample videos and prints the results."""

import contextlib
import os
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from services.aws.bucket import Bucket
from services.aws.errors import AwsError
from services.aws.shared import SharedItems
from services.aws.table.processing import read_processing
from services.contract.formats import is_video_name
from services.contract.records import VideoRecord, VideoState
from services.contract.text import escape_deceptive
from services.local import dashboard
from services.local.access import Ports, reserve_port
from services.local.copies import ThumbnailCopies
from services.local.errors import LocalError
from services.local.follow import FollowedUpload, download_thumbnails, follow_uploads, upload_video
from services.local.pipeline import NAME, Endpoints, LocalPipeline, read_extensions, run_pipeline
from services.local.samples import make_samples

_TIMEOUT_S = 600.0
_COPY_INTERVAL_S = 2.0
_API_PORT = 8000
DEFAULT_DATA = Path(".thumbnails")
_DASHBOARD_PORT = 3000
_FRAMES_PORT = 8001


@dataclass(frozen=True, kw_only=True)
class DemoOptions:
    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the services, from the instance's config."""
    files: tuple[Path, ...] = ()
    once: bool = False
    workers: int = 2
    aws_port: int | None = None
    """None for a free port."""


def run_demo(options: DemoOptions, console: Console) -> int:
    """Run the demo, and return its exit status: 0 if every uploaded video has its thumbnails.

    Raises: LocalError; KeyboardInterrupt if it arrives before all videos are processed.
    """
    _check_files(options.files, read_extensions(options.settings))
    if options.files and (pipeline := LocalPipeline.find_running(options.data)):
        return 0 if _process_files(pipeline, list(_name_files(options.files)), console) else 1
    # With --once nobody opens the dashboard.
    command = None if options.once else _build_dashboard(options.data, console)
    name = options.settings.get("PIPELINE_NAME", NAME)
    console.print(f"[bold]Starting {name}[/]: the embedded AWS, the workers and the api ...")

    def say(text: str) -> None:
        console.print(f"[yellow]{escape(text)}[/]")

    ports = Ports(
        aws=options.aws_port,
        api=_API_PORT,
        dashboard=reserve_port(_DASHBOARD_PORT) if command else None,
        frames=None if options.once else _FRAMES_PORT,
    )
    with run_pipeline(
        options.data, workers=options.workers, say=say, settings=options.settings, ports=ports
    ) as pipeline:
        if command and ports.dashboard and pipeline.workers:
            pipeline = dashboard.start_dashboard(pipeline, command, pipeline.workers, port=ports.dashboard)  # noqa: PLW2901 - the same pipeline, with its address
        console.print(_format_addresses(pipeline), soft_wrap=True)
        if options.files:
            files = _name_files(options.files)
        else:
            files = _make_samples(options.data, console)
            _fill_test_bucket(pipeline, files)
        is_done = _process_files(pipeline, files, console)
        if not options.once:
            console.print(format_next_steps(pipeline, options.data), soft_wrap=True)
            with contextlib.suppress(KeyboardInterrupt):
                copies = ThumbnailCopies(pipeline, lambda record: _copy_thumbnails(pipeline, record, console))
                while True:
                    copies.update()
                    time.sleep(_COPY_INTERVAL_S)
        console.print("[bold]Stopping[/] ...")
    return 0 if is_done else 1


def _build_dashboard(data: Path, console: Console) -> list[str] | None:
    """Return the command that runs the dashboard, or None without Node.js or if the build fails."""
    node = dashboard.find_node()
    if node is None:
        console.print(f"[yellow]{escape(dashboard.HOW_TO_GET_NODE)}[/]")
        return None
    log = data.resolve() / "logs" / "dashboard-build.log"
    try:
        sources = dashboard.find_sources(data)
        return dashboard.build_dashboard(
            node, log=log, sources=sources, progress=lambda text: console.print(escape(text))
        )
    except LocalError as error:
        console.print(f"[yellow]{escape(str(error))}[/]")
        return None


def _check_files(files: Sequence[Path], extensions: tuple[str, ...]) -> None:
    for file in files:
        # Path.is_file raises an error for a name that no file can have.
        if not os.path.isfile(file):  # noqa: PTH113 - see above
            raise LocalError(f"The file {file} does not exist: give the path of a video.")
        if not _is_utf8(file.name):
            raise LocalError(f"The name of {file!r} is not UTF-8, which object keys require: rename the file.")
        if not is_video_name(file.name, extensions):
            raise LocalError(
                f"{file.name} would be ignored: the name of a video ends in one of {' '.join(extensions)}."
            )


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name_files(files: Sequence[Path]) -> list[tuple[str, Path]]:
    return [(file.name, file) for file in files]


def _make_samples(data: Path, console: Console) -> list[tuple[str, Path]]:
    folder = data.resolve() / "samples"
    with console.status("Drawing the sample videos (only the first time) ...") as status:
        files = make_samples(folder, progress=lambda name: status.update(f"Drawing {escape(name)} ..."))
    return [(f"{file.relative_to(folder).as_posix()}", file) for file in files]


def _fill_test_bucket(pipeline: LocalPipeline, files: Sequence[tuple[str, Path]]) -> None:
    """Upload the files that the dashboard's Test Pipeline copies."""
    s3, bucket = pipeline.clients.s3, pipeline.endpoints.test_source_bucket
    present = {info.key for info in Bucket(s3, bucket).list("")}
    for name, file in files:
        if name not in present:
            s3.upload_file(str(file), bucket, name)


def _process_files(pipeline: LocalPipeline, files: Sequence[tuple[str, Path]], console: Console) -> bool:
    """Upload videos, wait for their records and print the results; return True if every video is done."""
    ended: dict[str, VideoRecord] = {}
    _warn_of_pause(pipeline, console)
    uploads = _upload_all(pipeline, files, console)
    thumbnails = pipeline.data / "thumbnails"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Thumbnails", total=len(uploads))
        for entry, record in follow_uploads(pipeline, uploads, timeout_s=_TIMEOUT_S):
            ended[entry.name] = record
            _copy_thumbnails(pipeline, record, console)
            progress.advance(task)
    _print_results(uploads, ended, console)
    console.print(f"Thumbnails: s3://{pipeline.endpoints.bucket}/thumbnails/ and, as files, {escape(str(thumbnails))}")
    return all(ended[entry.name].state is VideoState.DONE if entry.name in ended else False for entry in uploads)


def _warn_of_pause(pipeline: LocalPipeline, console: Console) -> None:
    """Say it if processing was paused, also before a restart: the uploads would wait without a reason."""
    with contextlib.suppress(AwsError):
        if read_processing(SharedItems(pipeline.clients.dynamodb, pipeline.endpoints.videos_table)).paused:
            where = "" if pipeline.data == DEFAULT_DATA.resolve() else f" --data {shlex.quote(str(pipeline.data))}"
            console.print(
                f"[yellow]Processing is paused. The videos wait until it is resumed, in the dashboard or with "
                f"./noxw processing resume{escape(where)}[/]",
                soft_wrap=True,
            )


def _copy_thumbnails(pipeline: LocalPipeline, record: VideoRecord, console: Console) -> None:
    try:
        files = download_thumbnails(pipeline, record, pipeline.data)
    except (OSError, BotoCoreError, ClientError) as error:
        console.print(
            f"[yellow]The thumbnails of {escape(record.key)} are in the bucket, but could not be copied to files: "
            f"{escape(str(error))}[/]"
        )
        return
    names = [thumbnail.key.rpartition("/")[2] for thumbnail in record.thumbnails]
    if files and [file.name for file in files] != names:
        console.print(
            f"[yellow]The name of {escape(record.key)} is too long for a file: the copies of its thumbnails have "
            f"shorter names, such as {escape(files[0].name)}[/]"
        )


def _upload_all(pipeline: LocalPipeline, files: Sequence[tuple[str, Path]], console: Console) -> list[FollowedUpload]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Uploading", total=sum(file.stat().st_size for _, file in files))
        return [
            upload_video(pipeline, file, name, sent=lambda size: progress.advance(task, size)) for name, file in files
        ]


def _print_results(uploads: Sequence[FollowedUpload], ended: Mapping[str, VideoRecord], console: Console) -> None:
    """Print a table with a row a video, then each reason on lines of its own."""
    table = Table(
        Column("video", overflow="fold", min_width=12),
        Column("state", no_wrap=True),
        Column("duration", justify="right", no_wrap=True),
        Column("times (s)", min_width=9),
        Column("read", justify="right", no_wrap=True),
        Column("took", justify="right", no_wrap=True),
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        caption="times: positions in the video; took: upload to last thumbnail",
    )
    for entry in uploads:
        record = ended.get(entry.name)
        if record is None:
            table.add_row(
                escape(escape_deceptive(entry.name)), "[red]not finished[/]", "", "", "", f"over {_TIMEOUT_S:.0f} s"
            )
            continue
        colour = {VideoState.DONE: "green", VideoState.DEGRADED: "yellow"}.get(record.state, "red")
        took = (record.finished_at - record.queued_at).total_seconds() if record.finished_at else 0.0
        table.add_row(
            escape(escape_deceptive(entry.name)),
            f"[{colour}]{record.state}[/]",
            f"{record.duration_s:.1f} s" if record.duration_s is not None else "",
            ", ".join(f"{thumbnail.time_s:.2f}" for thumbnail in record.thumbnails),
            f"{record.bytes_read / 1e6:.2f} MB",
            f"{took:.1f} s",
        )
    console.print(table)
    for entry in uploads:
        if (record := ended.get(entry.name)) and record.reason:
            console.print(f"{escape(escape_deceptive(entry.name))}:\n  {escape(escape_deceptive(record.reason))}\n")


def _format_addresses(pipeline: LocalPipeline) -> str:
    endpoints = pipeline.endpoints
    what = "Dashboard" if endpoints.dashboard else "Log in"
    frames = f"Frames: {endpoints.frames}\n" if endpoints.frames else ""
    return (
        f"[bold]{what}: {dashboard.login_link(endpoints)}[/]\n"
        f"Api: {endpoints.api}    Endpoints: {endpoints.api}/docs\n"
        f"{frames}"
        f"S3, SQS and DynamoDB: {pipeline.endpoints.aws}\n"
        f"Bucket: {pipeline.endpoints.bucket}    All addresses: {escape(str(Endpoints.file(pipeline.data)))}"
    )


def format_next_steps(pipeline: LocalPipeline, data: Path) -> str:
    endpoints = pipeline.endpoints
    # The other terminal may be in another folder: an absolute path works in each.
    where = "" if data == DEFAULT_DATA else f" --data {escape(shlex.quote(str(data.resolve())))}"
    return (
        "\n[bold]The pipeline is running.[/] Add a video of your own from another terminal:\n"
        f"  ./noxw demo{where} --upload FILE...\n"
        "or with any S3 client (key id and secret are both test):\n"
        f"  aws --endpoint-url {endpoints.aws} s3 cp FILE s3://{endpoints.bucket}/uploads/\n"
        f"Logs: {escape(str(pipeline.data / 'logs'))}\n"
        "Press Ctrl-C to stop the pipeline; its data are kept."
    )
