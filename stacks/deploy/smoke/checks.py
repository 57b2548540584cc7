"""The smoke test of a deployed instance: each check prints one row of a table."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from services.aws.errors import AwsError
from services.aws.shared import SharedItems
from services.aws.table.processing import Switch, read_processing
from services.contract.text import escape_deceptive
from stacks.deploy.errors import SmokeError
from stacks.deploy.instance import Instance, print_line
from stacks.deploy.progress import dashboard_url
from stacks.deploy.smoke import video
from stacks.deploy.smoke.cluster import check_scaled_object
from stacks.monitoring.alarms import list_alarms
from stacks.monitoring.metrics import PipelineMetrics

WAIT_S = 600.0
"""Longest wait for the thumbnails; the first pod on Fargate takes one or two minutes to start."""

_HEALTH_WITHIN_S = 300.0
"""A new load balancer's name takes minutes to be known, and its targets to be healthy."""
_PAUSE_S = 2.0
_TIMEOUT_S = 20.0


@dataclass(kw_only=True)
class Smoke:
    """A run on one instance."""

    instance: Instance
    url: str | None = None
    wait_s: float = WAIT_S
    pause_s: float = _PAUSE_S
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def check(self, title: str) -> Iterator[Callable[[str], None]]:
        """Print a row with the time and the outcome of a check. Its function takes the details."""
        details: list[str] = []
        begun, outcome = time.monotonic(), "ok"
        try:
            yield details.append
        except (SmokeError, AwsError) as error:
            outcome, details = "failed", [str(error)]
        except (ClientError, BotoCoreError) as error:
            outcome, details = "failed", [f"AWS refuses: {error}"]
        if outcome == "failed":
            self.failed.append(title)
        print_line(f"  {title:<13}  {outcome:<6}  {time.monotonic() - begun:7.1f} s  {', '.join(details)}")


def run_smoke(instance: Instance, *, url: str | None = None, wait_s: float = WAIT_S) -> None:
    """Send a video through a deployed instance, and check autoscaling and alarms.

    `url` replaces the dashboard's address, for an instance that is reached through a tunnel.

    Raises: SmokeError if a check failed; it names them. During a pause of processing it is raised at once.
    """
    print_line("\n== smoke: one video through the instance")
    smoke = Smoke(instance=instance, url=url, wait_s=wait_s)
    if (switch := _read_switch(instance)) is not None and switch.paused:
        raise SmokeError(_describe_pause(switch, url))
    with urllib3.PoolManager(timeout=_TIMEOUT_S, retries=False) as http:
        _check_video(smoke, http)
    with smoke.check("scaled object") as say:
        say(check_scaled_object(instance))
    with smoke.check("alarms") as say:
        say(check_alarms(instance))
    if smoke.failed:
        raise SmokeError(f"The smoke test failed: {', '.join(smoke.failed)}. The lines above say why.")


def _read_switch(instance: Instance) -> Switch | None:
    """Return the switch of processing, None if the table does not answer: the checks of the video then say so."""
    table = instance.names.resources.table.name
    try:
        return read_processing(SharedItems(instance.session.client("dynamodb"), table))
    except AwsError:
        return None


def _describe_pause(switch: Switch, url: str | None) -> str:
    since = f" since {switch.changed_at:%Y-%m-%d %H:%M} UTC" if switch.changed_at else ""
    by = f" by {escape_deceptive(switch.changed_by)}" if switch.changed_by else ""
    return (
        f"Processing is paused{since}{by}: no worker would receive the video, so nothing was uploaded. Resume it "
        f"in the dashboard or with `./noxw processing resume --url {url or 'URL'}`, then run `./noxw smoke` again."
    )


def _check_video(smoke: Smoke, http: urllib3.PoolManager) -> None:
    instance, name = smoke.instance, video.make_name()
    storage = video.InstanceStorage.of(instance)
    address = ""
    with smoke.check("health") as say:
        address = smoke.url or _address(instance)
        say(await_health(http, instance, address, pause_s=smoke.pause_s))
    key = ""
    with smoke.check("upload") as say:
        if instance.config.auth.mode == "oidc":
            key = video.upload_to_bucket(instance, name)
            say(f"{key} to the bucket, as the api asks for a login in a browser")
        elif address:
            key = video.upload_through_api(http, address, name, video.read_token(instance))
            say(f"{key} through the api")
        else:
            raise SmokeError("There is no address to upload to.")
    if not key:
        return
    with smoke.check("thumbnails") as say:
        pictures = video.wait_for_thumbnails(instance, storage, key, patience_s=smoke.wait_s)
        say(f"{len(pictures)} decode, {pictures[0].width_px} x {pictures[0].height_px}")
    if instance.config.frames.enabled:
        with smoke.check("frame") as say:
            if instance.config.auth.mode == "oidc":
                say("not asked for, as the api asks for a login in a browser")
            else:
                width_px, height_px = video.ask_for_frame(http, address, key, video.read_token(instance))
                say(f"decodes, {width_px} x {height_px}")
    with smoke.check("clean-up") as say:
        say(f"{video.remove(storage, key)} objects and the record deleted")


def _address(instance: Instance) -> str:
    found = dashboard_url(instance, over_https=instance.config.certificate)
    if found is None:
        raise SmokeError(
            f"The load balancer {instance.names.load_balancer} does not exist: run `./noxw deploy workloads`."
        )
    return found


def await_health(
    http: urllib3.PoolManager, instance: Instance, address: str, *, within_s: float = _HEALTH_WITHIN_S, pause_s: float
) -> str:
    """Wait until /health answers, and return what it is; with oidc the load balancer sends everybody to the login.

    Raises: SmokeError.
    """
    url, until = f"{address.rstrip('/')}/health", time.monotonic() + within_s
    wanted = 302 if instance.config.auth.mode == "oidc" else 200
    while True:
        try:
            answer = http.request("GET", url, redirect=False)
            if answer.status in (200, wanted):
                return f"{url} answers {answer.status}"
            found = f"answers {answer.status}"
        except urllib3.exceptions.HTTPError as error:
            found = f"cannot be reached ({error})"
        if time.monotonic() > until:
            internal = instance.config.load_balancer.scheme == "internal"
            hint = ": the load balancer is internal, so open a tunnel and add --url" if internal else ""
            raise SmokeError(f"{url} {found} after {within_s:.0f} s{hint}.")
        time.sleep(pause_s)


def check_alarms(instance: Instance) -> str:
    """Return the number of the instance's alarms. Raises: SmokeError if one is raised."""
    names = [
        instance.names.of(alarm.name) for alarm in list_alarms(instance.config, PipelineMetrics(instance.names, ""))
    ]
    found = instance.session.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    raised = [
        f"{alarm['AlarmName']} ({alarm.get('StateReason', '-')})" for alarm in found if alarm["StateValue"] == "ALARM"
    ]
    if raised:
        raise SmokeError(f"{'; '.join(raised)}: docs/operating.md says what to do.")
    return f"{len(found)}, none raised" if found else "none yet: ./noxw deploy monitoring makes them"
