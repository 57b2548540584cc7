"""The whole pipeline on one machine: the embedded AWS, its resources, the workers, and the api."""

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
from services.contract.formats import is_video_name
from services.contract.keys import UPLOAD_PREFIX
from services.contract.records import VideoState
from services.contract.resources import PipelineResources, pipeline_resources
from services.contract.settings import ApiSettings, ServiceSettings, SettingsError, WorkerSettings
from services.local.access import ANY_PORTS, Ports, free_port, keep_token, web_address
from services.local.aws_supervisor import AwsSupervisor
from services.local.errors import LocalError
from services.local.provision import Queues, provision
from services.local.supervisor import Program, Supervisor

NAME = "thumbnails"
REGION = "us-east-1"
_CONNECTIONS = 10
_SHUTDOWN_GRACE_S = 20
_PODS_FILE = "pods.json"


@dataclass(frozen=True)
class Endpoints:
    """Where the running pipeline can be reached. Written to `endpoints.json`, for people and scripts."""

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
    """None until it runs: see `dashboard.py`."""

    @staticmethod
    def file(data: Path) -> Path:
        return data / "endpoints.json"

    @classmethod
    def of_running(cls, data: Path) -> "Endpoints | None":
        """Those of the pipeline that runs with that folder, if one does: a killed one leaves its file behind."""
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
        """What a process needs to find the embedded AWS, and nothing of the caller's own AWS."""
        classes = (WorkerSettings, ApiSettings)
        ours = {name.upper() for settings in classes for name in settings.model_fields}
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        return {
            **{name: value for name, value in inherited.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # what the embedded AWS signs with; it checks nothing
            "AWS_EC2_METADATA_DISABLED": "true",
            "SQS_QUEUE_URL": self.queue_url,
            "SQS_DLQ_URL": self.dead_letter_queue_url,
            "S3_BUCKET": self.bucket,
            "VIDEOS_TABLE": self.videos_table,
        }


@dataclass(frozen=True)
class LocalPipeline:
    """A pipeline that runs. `workers` and `aws` are there for the one who started it."""

    data: Path
    endpoints: Endpoints
    clients: Clients
    workers: Supervisor | None = None
    aws: AwsSupervisor | None = None

    @classmethod
    def join(cls, data: Path) -> "LocalPipeline | None":
        """The pipeline that another process runs with that folder, if one does."""
        endpoints = Endpoints.of_running(data)
        return cls(data.resolve(), endpoints, local_clients(endpoints.aws)) if endpoints else None

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.clients.s3, self.endpoints.bucket)

    @property
    def videos(self) -> VideosTable:
        return VideosTable(self.clients.dynamodb, self.endpoints.videos_table)


@contextlib.contextmanager
def running(
    data: Path,
    *,
    workers: int,
    say: Callable[[str], None],
    settings: Mapping[str, str] | None = None,
    ports: Ports = ANY_PORTS,
) -> Iterator[LocalPipeline]:
    """Run a pipeline with its data in `data` until the context ends; then nothing of it runs any more.

    `settings` are environment variables for workers and api, on top of what suits one machine; `PIPELINE_NAME` also
    names the resources. `say` hears of processes that die. Raises: LocalError if another pipeline runs with that
    folder; EmbeddedAwsError if the embedded AWS does not start.
    """
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    resources = pipeline_resources((settings or {}).get("PIPELINE_NAME", NAME))
    with _only_one(data), AwsSupervisor(data / "aws", port=ports.aws, say=say) as aws:
        clients = local_clients(aws.endpoint)
        queues = provision(clients, resources, origins=ports.origins)
        api = web_address(free_port(ports.api))
        endpoints = _endpoints(aws.endpoint, resources, queues, api=api, token_file=keep_token(data))
        _sweep(clients, endpoints)

        def recover() -> None:
            provision(clients, resources, origins=ports.origins)
            _sweep(clients, endpoints)

        aws.after_restart(recover)
        programs = [_worker(data, endpoints, number, settings or {}) for number in range(1, workers + 1)]
        programs.append(_api(data, endpoints, settings or {}))
        pods_file = data / _PODS_FILE
        with Supervisor(programs, say=say, grace_s=_SHUTDOWN_GRACE_S + 5, pods_file=pods_file) as supervisor:
            endpoints.write(data)
            try:
                yield LocalPipeline(data, endpoints, clients, supervisor, aws)
            finally:
                Endpoints.file(data).unlink(missing_ok=True)


def local_clients(endpoint: str) -> Clients:
    """Clients for an embedded AWS, whatever AWS this process is set up for itself."""
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    return make_clients(REGION, connections=_CONNECTIONS, endpoint=endpoint, credentials=("test", "test"))


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalError(
                f"A pipeline already runs with {data}: end it, name another folder with --data, or add videos to it "
                "with --upload."
            ) from error
        yield


def _endpoints(aws: str, resources: PipelineResources, queues: Queues, *, api: str, token_file: Path) -> Endpoints:
    return Endpoints(
        aws=aws,
        region=REGION,
        bucket=resources.bucket,
        queue_url=queues.url,
        dead_letter_queue_url=queues.dead_letter_url,
        videos_table=resources.table.name,
        test_source_bucket=resources.test_source_bucket,
        api=api,
        token_file=str(token_file),
        pid=os.getpid(),
    )


def _worker(data: Path, endpoints: Endpoints, number: int, settings: Mapping[str, str]) -> Program:
    one_machine = {
        "WORKER_NAME": f"worker-{number}",
        # A drain waits for the poll that is under way, and a Ctrl-C should not take 20 s.
        "RECEIVE_WAIT_S": "2",
        "VISIBILITY_TIMEOUT_S": "15",
        "SHUTDOWN_GRACE_S": str(_SHUTDOWN_GRACE_S),
    }
    return Program(
        name=f"worker-{number}",
        component="worker",
        command=[sys.executable, "-m", "services.worker", "run"],
        environment=_checked(WorkerSettings, {**endpoints.environment(), **one_machine, **settings}),
        log=data / "logs" / f"worker-{number}.log",
    )


def _api(data: Path, endpoints: Endpoints, settings: Mapping[str, str]) -> Program:
    address = urlsplit(endpoints.api)
    one_machine = {
        "API_HOST": address.hostname or "",
        "API_PORT": str(address.port),
        "API_SHUTDOWN_GRACE_S": "5",
        "AUTH_TOKEN_FILE": endpoints.token_file,
        "PIPELINE_NAME": NAME,
        "PODS_SOURCE": "file",
        "PODS_FILE": str(data / _PODS_FILE),
        "TEST_SOURCE_BUCKET": endpoints.test_source_bucket,
        "TRUSTED_PROXIES": "0",
    }
    return Program(
        name="api",
        command=[sys.executable, "-m", "services.api"],
        environment=_checked(ApiSettings, {**endpoints.environment(), **one_machine, **settings}),
        log=data / "logs" / "api.log",
    )


def _checked(settings: type[ServiceSettings], environment: dict[str, str]) -> dict[str, str]:
    """The environment itself. Raises: LocalError if its service would not start with it."""
    try:
        settings.from_environment(**{name.lower(): value for name, value in environment.items()})
    except SettingsError as error:
        raise LocalError(str(error)) from None
    return environment


def _sweep(clients: Clients, endpoints: Endpoints) -> None:
    """Send events for uploads without a record, with the record of an older object, or still in progress.

    Their events or messages may be lost since the embedded AWS was killed. A second event for a video that a worker has
    at the moment does no harm.
    """
    videos = VideosTable(clients.dynamodb, endpoints.videos_table)
    for info in Bucket(clients.s3, endpoints.bucket).list(UPLOAD_PREFIX):
        if not is_video_name(info.key):
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
