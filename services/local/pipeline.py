"""The whole pipeline on one machine: the embedded AWS, its resources, the workers and the api."""

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from services.aws.bucket import Bucket
from services.aws.clients import Clients, make_clients
from services.aws.videos import VideosTable
from services.contract.events import UploadEvent, make_notification_body
from services.contract.formats import is_video_name, parse_extensions
from services.contract.keys import UPLOAD_PREFIX
from services.contract.records import VideoState
from services.contract.resources import PipelineResources, pipeline_resources
from services.contract.settings import ApiSettings, FramesSettings, ServiceSettings, SettingsError, WorkerSettings
from services.local.access import ANY_PORTS, Ports, ensure_token, reserve_port, web_address
from services.local.aws_supervisor import AwsSupervisor
from services.local.errors import LocalError
from services.local.provision import QueueUrls, provision_event_bus, provision_resources
from services.local.supervisor import Program, StartProcess, Supervisor, start_process

NAME = "thumbnails"
REGION = "us-east-1"
_CREDENTIALS = ("test", "test")
_CONNECTIONS = 10
_SHUTDOWN_GRACE_S = 20
_PODS_FILE = "pods.json"


@dataclass(frozen=True)
class Endpoints:
    """Addresses and names of a running pipeline, in `endpoints.json` for users and scripts."""

    aws: str
    region: str
    bucket: str
    queue_url: str
    dead_letter_queue_url: str
    videos_table: str
    test_source_bucket: str
    api: str
    token_file: str
    pid: int
    dashboard: str | None = None
    """None until the dashboard runs: see `dashboard.py`."""
    frames: str = ""
    """Empty if there is no frames service."""

    @staticmethod
    def file(data: Path) -> Path:
        return data / "endpoints.json"

    @classmethod
    def read_running(cls, data: Path) -> "Endpoints | None":
        """Return the endpoints of the pipeline that runs on a folder, or None: a killed one leaves its file behind."""
        try:
            endpoints = cls(**json.loads(cls.file(data).read_text(encoding="utf-8")))
            os.kill(endpoints.pid, 0)
        except (OSError, ValueError, TypeError):
            return None
        return endpoints

    def write(self, data: Path) -> None:
        part = self.file(data).with_suffix(".part")
        part.write_text(json.dumps(vars(self), indent=2) + "\n", encoding="utf-8")
        part.replace(self.file(data))

    def environment(self) -> dict[str, str]:
        """Return environment variables that point to the embedded AWS, without the caller's own AWS variables."""
        classes = (WorkerSettings, ApiSettings, FramesSettings)
        ours = {name.upper() for settings in classes for name in settings.model_fields}
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        return {
            **{name: value for name, value in inherited.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # the embedded AWS signs with it, and checks nothing
            "AWS_EC2_METADATA_DISABLED": "true",
            "SQS_QUEUE_URL": self.queue_url,
            "SQS_DLQ_URL": self.dead_letter_queue_url,
            "S3_BUCKET": self.bucket,
            "VIDEOS_TABLE": self.videos_table,
        }


@dataclass(frozen=True)
class LocalPipeline:
    """A running pipeline. `workers` and `aws` are set only in the process that started it."""

    data: Path
    endpoints: Endpoints
    clients: Clients
    workers: Supervisor | None = None
    aws: AwsSupervisor | None = None

    @classmethod
    def find_running(cls, data: Path) -> "LocalPipeline | None":
        """Return the pipeline that another process runs on a folder, or None."""
        endpoints = Endpoints.read_running(data)
        return cls(data.resolve(), endpoints, make_local_clients(endpoints.aws)) if endpoints else None

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.clients.s3, self.endpoints.bucket)

    @property
    def videos(self) -> VideosTable:
        return VideosTable(self.clients.dynamodb, self.endpoints.videos_table)


@contextlib.contextmanager
def run_pipeline(  # noqa: PLR0913 - options of the demo, of tests and of benchmarks, all by name
    data: Path,
    *,
    workers: int,
    say: Callable[[str], None],
    settings: Mapping[str, str] | None = None,
    ports: Ports = ANY_PORTS,
    sweep: bool = True,
    start: StartProcess = start_process,
) -> Iterator[LocalPipeline]:
    """Run a pipeline with its data in `data`, and stop all its processes when the context ends.

    `settings` are environment variables of workers and api; they override the defaults for one machine, and
    `PIPELINE_NAME` also names the resources. `say` is called with a message for each process that dies. Without a
    `sweep`, uploads that have no record when it starts get no event. `start` starts a service.

    Raises: LocalError if another pipeline runs on that folder; EmbeddedAwsError if the embedded AWS does not start.
    """
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    resources = pipeline_resources((settings or {}).get("PIPELINE_NAME", NAME))
    extensions = read_extensions(settings or {})
    with _lock_folder(data), AwsSupervisor(data / "aws", port=ports.aws, say=say) as aws:
        clients = make_local_clients(aws.endpoint)
        queues = provision_resources(clients, resources, origins=ports.origins)

        def provision_bus() -> None:
            if bus := (settings or {}).get("EVENTS_BUS"):
                provision_event_bus(aws.endpoint, bus, region=REGION, credentials=_CREDENTIALS)

        provision_bus()
        frames = web_address(reserve_port(ports.frames)) if ports.frames else ""
        addresses = web_address(reserve_port(ports.api)), frames
        endpoints = _make_endpoints(aws.endpoint, resources, queues, addresses, token_file=ensure_token(data))
        if sweep:
            _send_missing_events(clients, endpoints, extensions)

        def recover() -> None:
            provision_resources(clients, resources, origins=ports.origins)
            provision_bus()
            if sweep:
                _send_missing_events(clients, endpoints, extensions)

        aws.after_restart(recover)
        programs = [_make_worker(data, endpoints, number, settings or {}) for number in range(1, workers + 1)]
        programs.append(_make_api(data, endpoints, settings or {}))
        if endpoints.frames:
            programs.append(_make_frames(data, endpoints, settings or {}))
        pods_file = data / _PODS_FILE
        grace_s = _SHUTDOWN_GRACE_S + 5
        with Supervisor(programs, say=say, grace_s=grace_s, pods_file=pods_file, start=start) as supervisor:
            endpoints.write(data)
            try:
                yield LocalPipeline(data, endpoints, clients, supervisor, aws)
            finally:
                Endpoints.file(data).unlink(missing_ok=True)


def make_local_clients(endpoint: str) -> Clients:
    """Return clients of an embedded AWS, regardless of this process' own AWS configuration."""
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    return make_clients(REGION, connections=_CONNECTIONS, endpoint=endpoint, credentials=_CREDENTIALS)


@contextlib.contextmanager
def _lock_folder(data: Path) -> Iterator[None]:
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalError(
                f"A pipeline already runs on {data}: stop it, choose another folder with --data, or add videos to it "
                "with --upload."
            ) from error
        yield


def _make_endpoints(
    aws: str, resources: PipelineResources, queues: QueueUrls, addresses: tuple[str, str], *, token_file: Path
) -> Endpoints:
    """Return the endpoints; `addresses` are those of the api and of the frames service, empty for none."""
    api, frames = addresses
    return Endpoints(
        aws=aws,
        region=REGION,
        bucket=resources.bucket,
        queue_url=queues.url,
        dead_letter_queue_url=queues.dead_letter_url,
        videos_table=resources.table.name,
        test_source_bucket=resources.test_source_bucket,
        api=api,
        frames=frames,
        token_file=str(token_file),
        pid=os.getpid(),
    )


def _make_worker(data: Path, endpoints: Endpoints, number: int, settings: Mapping[str, str]) -> Program:
    one_machine = {
        "WORKER_NAME": f"worker-{number}",
        # A worker that stops waits for its current poll, and Ctrl-C should not take 20 s.
        "RECEIVE_WAIT_S": "2",
        "VISIBILITY_TIMEOUT_S": "15",
        "SHUTDOWN_GRACE_S": str(_SHUTDOWN_GRACE_S),
    }
    return Program(
        name=f"worker-{number}",
        component="worker",
        command=[sys.executable, "-m", "services.worker", "run"],
        environment=_check_settings(WorkerSettings, {**endpoints.environment(), **one_machine, **settings}),
        log=data / "logs" / f"worker-{number}.log",
    )


def _make_api(data: Path, endpoints: Endpoints, settings: Mapping[str, str]) -> Program:
    address = urlsplit(endpoints.api)
    one_machine = {
        "API_HOST": address.hostname or "",
        "API_PORT": str(address.port),
        "API_SHUTDOWN_GRACE_S": "5",
        "FRAMES_ENABLED": "true" if endpoints.frames else "false",
        "AUTH_TOKEN_FILE": endpoints.token_file,
        "PIPELINE_NAME": NAME,
        "PODS_SOURCE": "file",
        "PODS_FILE": str(data / _PODS_FILE),
        "LOG_FOLDER": str(data / "logs"),
        "TEST_SOURCE_BUCKET": endpoints.test_source_bucket,
        "TRUSTED_PROXIES": "0",
    }
    return Program(
        name="api",
        command=[sys.executable, "-m", "services.api"],
        environment=_check_settings(ApiSettings, {**endpoints.environment(), **one_machine, **settings}),
        log=data / "logs" / "api.log",
    )


def _make_frames(data: Path, endpoints: Endpoints, settings: Mapping[str, str]) -> Program:
    address = urlsplit(endpoints.frames)
    one_machine = {
        "FRAMES_HOST": address.hostname or "",
        "FRAMES_PORT": str(address.port),
        "FRAMES_SHUTDOWN_GRACE_S": "5",
    }
    return Program(
        name="frames",
        command=[sys.executable, "-m", "services.frames"],
        environment=_check_settings(FramesSettings, {**endpoints.environment(), **one_machine, **settings}),
        log=data / "logs" / "frames.log",
    )


def _check_settings(settings: type[ServiceSettings], environment: dict[str, str]) -> dict[str, str]:
    """Return the environment. Raises: LocalError if its service would not start with it."""
    try:
        settings.from_environment(**{name.lower(): value for name, value in environment.items()})
    except SettingsError as error:
        raise LocalError(str(error)) from None
    return environment


def read_extensions(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the extensions of videos. Raises: LocalError if the setting is wrong."""
    setting = settings.get("VIDEO_EXTENSIONS")
    try:
        return parse_extensions(setting)
    except ValueError as error:
        raise LocalError(f"VIDEO_EXTENSIONS = {setting!r}: {error}.") from None


def _send_missing_events(clients: Clients, endpoints: Endpoints, extensions: tuple[str, ...]) -> None:
    """Send events for uploads without a record, with the record of an older object, or still in progress.

    A kill of the embedded AWS may have lost their events or messages. A second event for a video that a worker is
    processing has no effect.
    """
    videos = VideosTable(clients.dynamodb, endpoints.videos_table)
    for info in Bucket(clients.s3, endpoints.bucket).list(UPLOAD_PREFIX):
        if not is_video_name(info.key, extensions):
            continue
        record = videos.get(info.key)
        if record is None or record.etag != info.etag or record.state is VideoState.PROCESSING:
            event = UploadEvent(
                name="ObjectCreated:Sweep",
                time=datetime.now(UTC),
                bucket=endpoints.bucket,
                key=info.key,
                etag=info.etag,
                size_bytes=info.size_bytes,
            )
            clients.sqs.send_message(QueueUrl=endpoints.queue_url, MessageBody=make_notification_body(event))
