"""A video through the applied pipeline: uploaded, processed by a worker, shown by the api, and one frame of it."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.error import URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from services.contract.keys import THUMBNAIL_PREFIX, UPLOAD_PREFIX, picture_number
from stacks.naming import StackId
from stacks.rehearse.emulated.proxy import Proxy
from stacks.rehearse.emulated.targets import TargetQueues
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.pipeline.pods import (
    command,
    deployment_environment,
    process_environment,
    taken_ports,
)
from stacks.rehearse.processes import Processes
from stacks.rehearse.start import Rehearsal

if TYPE_CHECKING:
    import subprocess

    from boto3 import Session

_NAME = "rehearsal/Test card.mp4"
KEY = f"{UPLOAD_PREFIX}{_NAME}"

_FRAME_S = 2.5
"""Time of the frame that is asked for, between two keyframes."""

_PATIENCE_S = 300.0
_PAUSE_S = 0.25
_STARTS = 3
_Value = TypeVar("_Value")


def process_video(
    rehearsal: Rehearsal, processes: Processes, proxy: Proxy, session: "Session", outputs: Mapping[str, Any]
) -> list[str]:
    """Upload a video to each bucket, let a worker process them, decode the thumbnails and ask the api for a video.

    If the frames service is enabled, one frame is asked for and decoded as well. If the config has an event bus, the
    queues among its targets must get the event of the pipeline's own bucket.

    Returns lines about what was done. Raises: RehearsalError.
    """
    file = rehearsal.place.folder / "video" / "card.mp4"
    draw_video(file)
    s3, bucket = session.client("s3"), str(outputs["bucket_name"])
    sources = rehearsal.config.storage.source_buckets
    for place, key in ((bucket, KEY), *((source, _NAME) for source in sources)):
        s3.upload_file(str(file), place, key)
    folders = [f"{THUMBNAIL_PREFIX}{part}rehearsal/" for part in ("", *(f"{source}/" for source in sources))]
    positions = rehearsal.config.thumbnails.positions_pct
    details = []
    pictures, changed = run_pod(
        processes,
        "worker",
        lambda: _environment(rehearsal, "worker", proxy, outputs),
        what=f"{len(positions)} thumbnails of each video",
        find=lambda _environment: _thumbnails(s3, bucket, folders, wanted=len(positions)),
    )
    details += changed
    for key, content in pictures.items():
        width, height = decode(content)
        details.append(f"{key}: {width} x {height}, {len(content)} bytes")
    if rehearsal.config.auth.mode == "oidc":
        return [*details, *_check_health(rehearsal, processes, proxy, outputs)]
    token = session.client("secretsmanager").get_secret_value(SecretId=rehearsal.names.api_token_secret)["SecretString"]
    targets = TargetQueues(session, rehearsal.config, KEY)

    def find_video(environment: Mapping[str, str]) -> dict[str, Any] | None:
        found = _ask(f"http://127.0.0.1:{environment['API_PORT']}/api/videos/{quote(KEY)}", token)
        # The api puts the event on the bus: it runs until the targets have it.
        return found if found is None or found.get("state") != "done" or targets.receive() else None

    video, changed = run_pod(
        processes,
        "api",
        lambda: _environment(rehearsal, "api", proxy, outputs),
        what=f"an answer of the api{', and of the event in each target of the bus' if targets.expected else ''}",
        find=find_video,
    )
    details += changed
    if video.get("state") != "done":
        raise RehearsalError(f"The api does not show the video as done: {json.dumps(video)}")
    details += [f"the api shows {KEY} as done", *targets.received]
    if rehearsal.config.frames.enabled:
        details += _check_frame(rehearsal, processes, proxy, outputs, token)
    return details


def _check_frame(
    rehearsal: Rehearsal, processes: Processes, proxy: Proxy, outputs: Mapping[str, Any], token: str
) -> list[str]:
    """Let the api sign the URL of a frame, and get it from the frames service."""
    path = f"/api/videos/{quote(KEY)}/frame-urls"
    wanted = {"frames": [{"time_s": _FRAME_S}]}
    signed, _ = run_pod(
        processes,
        "api",
        lambda: _environment(rehearsal, "api", proxy, outputs),
        what="the URL of a frame",
        find=lambda environment: _ask(f"http://127.0.0.1:{environment['API_PORT']}{path}", token, wanted),
    )
    address = urlsplit(signed["items"][0]["url"])._replace(scheme="", netloc="").geturl()
    frame, changed = run_pod(
        processes,
        "frames",
        lambda: _environment(rehearsal, "frames", proxy, outputs),
        what="a frame",
        find=lambda environment: _get(f"http://127.0.0.1:{environment['FRAMES_PORT']}{address}"),
    )
    width, height = decode(frame)
    return [*changed, f"the frame at {_FRAME_S} s: {width} x {height}, {len(frame)} bytes"]


def _check_health(rehearsal: Rehearsal, processes: Processes, proxy: Proxy, outputs: Mapping[str, Any]) -> list[str]:
    """Ask the api whether it is ready: with a login, a load balancer of AWS signs all other requests."""
    _, changed = run_pod(
        processes,
        "api",
        lambda: _environment(rehearsal, "api", proxy, outputs),
        what="an answer of the api",
        find=lambda environment: _ask(f"http://127.0.0.1:{environment['API_PORT']}/health/ready", token=""),
    )
    return [*changed, "the api is ready; it was asked for no video, which takes a login through a load balancer"]


def run_pod(
    processes: Processes,
    part: str,
    make_environment: Callable[[], tuple[dict[str, str], list[str]]],
    *,
    what: str,
    find: Callable[[Mapping[str, str]], _Value | None],
) -> tuple[_Value, list[str]]:
    """Run worker, api or frames until `find` returns what is waited for; return it with the settings that were changed.

    A process that ends because another has just taken its port is started once more, with another port.

    Raises: RehearsalError if the process ends or nothing comes in time.
    """
    starts = 0
    while True:
        starts += 1
        environment, changed = make_environment()
        with processes.running(command(part), cwd=processes.logs, environment=environment, log=part) as process:
            try:
                found = _wait(process, what, lambda: find(environment), log=processes.logs / f"{part}.log")  # noqa: B023 - called at once
            except RehearsalError:
                ended = process.poll() is not None
                if starts == _STARTS or not ended or not taken_ports(environment):
                    raise
            else:
                return found, [f"{part}: {change}" for change in changed]


def draw_video(file: Path) -> None:
    """Draw a test card of six seconds."""
    from services.local.samples import ENCODERS, SampleVideo, draw_frames, encode_video  # noqa: PLC0415 - OpenCV

    sample = SampleVideo(path=file.name, codec="h264", size_px=(640, 360), hue_deg=205, duration_s=6)
    file.parent.mkdir(parents=True, exist_ok=True)
    options = (*ENCODERS["h264"].options, "-pix_fmt", "yuv420p", "-g", str(sample.fps))
    encode_video(draw_frames(sample), file, fps=sample.fps, options=options)


def decode(content: bytes) -> tuple[int, int]:
    """Return width and height of a picture. Raises: RehearsalError if it cannot be decoded, or shows one colour."""
    import cv2  # noqa: PLC0415 - only this step needs it
    import numpy as np  # noqa: PLC0415

    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or np.ptp(picture) == 0:
        raise RehearsalError(f"A thumbnail of {len(content)} bytes does not decode to a picture.")
    height, width = picture.shape[:2]
    return width, height


def _environment(
    rehearsal: Rehearsal, part: str, proxy: Proxy, outputs: Mapping[str, Any]
) -> tuple[dict[str, str], list[str]]:
    texts = {name: value for name, value in outputs.items() if isinstance(value, str)}
    environment = deployment_environment(rehearsal.documents[StackId.WORKLOADS], part, texts)
    kubeconfig = str(rehearsal.found.kubeconfig) if rehearsal.found else None
    return process_environment(environment, rehearsal.place, proxy.endpoint(part), kubeconfig=kubeconfig)


def _thumbnails(s3: Any, bucket: str, folders: list[str], *, wanted: int) -> dict[str, bytes] | None:
    """Return the thumbnails once there are as many as wanted in each folder."""
    listed = [s3.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", []) for folder in folders]
    # Neither a manifest nor a poster is a thumbnail.
    pictures = [[entry["Key"] for entry in entries if picture_number(entry["Key"])] for entries in listed]
    if any(len(keys) < wanted for keys in pictures):
        return None
    keys = [key for found in pictures for key in found]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def _ask(url: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Return the api's answer; None while it does not listen or is not ready. A body is posted."""
    answer = _get(url, {"Authorization": f"Bearer {token}"}, body)
    return None if answer is None else json.loads(answer)


def _get(url: str, headers: Mapping[str, str] | None = None, body: dict[str, Any] | None = None) -> bytes | None:
    data = None if body is None else json.dumps(body).encode()
    headers = {**(headers or {}), **({"Content-Type": "application/json"} if body else {})}
    request = Request(url, data, headers)  # noqa: S310 - http to this machine
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content
    except (URLError, OSError):
        return None


def _wait(process: "subprocess.Popen[bytes]", what: str, find: Callable[[], _Value | None], *, log: Path) -> _Value:
    """Return what is waited for. Raises: RehearsalError if the process ends or nothing comes in time."""
    deadline = time.monotonic() + _PATIENCE_S
    while (found := find()) is None:
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            how = f"it ended with status {process.returncode}" if ended else f"it took more than {_PATIENCE_S:.0f} s"
            raise RehearsalError("\n".join([f"There is no sign of {what} ({how}); the log ends with:", *last]))
        time.sleep(_PAUSE_S)
    return found
