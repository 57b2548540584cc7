"""Run of one plan: a pipeline of real processes behind the proxy, the steps of the plan, then the audit."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from services.local.pipeline import Endpoints, LocalPipeline, run_pipeline
from tests.faults.auditor import LEFT_OVER, Audit, Auditor, Places
from tests.faults.clips import ClipFolder
from tests.faults.plan import (
    ALL,
    VISIBILITY_TIMEOUT_S,
    WORKERS,
    AwaitPurge,
    Change,
    Delete,
    FullDisk,
    Kill,
    KillChildren,
    Pause,
    Plan,
    Redrive,
    Repeat,
    Retry,
    StartPurge,
    Step,
    Stop,
    Upload,
)
from tests.faults.processes import Processes
from tests.faults.proxy import Proxy
from tests.faults.user import User, UserError
from tests.faults.weather import CALM, Sky
from tests.support.driver import IMPATIENT
from tests.support.forks import fork_program

_ROOT = Path(__file__).parents[2]
_CLOCK = Path(__file__).with_name("clock")
_PATIENCE_S = 600.0
"""Longer than any retry of a message, so that only a stuck video reaches it."""

_POLL_INTERVAL_S = 0.2
_SUPPRESSED = ("already_done", "already_failed", "settled_elsewhere", "renew")


@dataclass
class Result:
    """Outcome of a run. `violations` is empty if nothing was lost."""

    seed: int
    violations: list[str] = field(default_factory=list)
    uploads: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    logged: Counter[str] = field(default_factory=Counter)
    recovery_s: float = 0.0
    """From the end of the last fault until every video had its result."""
    took_s: float = 0.0

    @property
    def suppressed(self) -> int:
        """Return the number of deliveries that workers recognized as duplicates."""
        return sum(self.logged[f"video_skipped {why}"] for why in _SUPPRESSED)

    def as_dict(self) -> dict[str, object]:
        return {**vars(self), "suppressed": self.suppressed}


def run_plan(plan: Plan, data: Path, clips: ClipFolder) -> Result:
    """Run a plan with its data in the empty folder `data`."""
    started_at = time.monotonic()
    result = Result(plan.seed, uploads=plan.uploads)
    sky = Sky(plan.seed)
    with Proxy(sky) as proxy, _run_pipeline(plan, data, proxy) as local, ExitStack() as stack:
        user = User(local.endpoints, clips)
        stack.callback(user.close)
        auditor = Auditor(_places(local.endpoints), user.ledger)
        stack.callback(auditor.close)
        processes = Processes(local)
        stack.callback(processes.close)
        try:
            _Run(user, processes, sky, result.faults).run(plan)
            processes.close()
            sky.weather = CALM
            _audit_at_end(user, auditor, result)
        except UserError as error:
            result.violations = [str(error)]
    result.faults.update(sky.counts)
    result.logged = _count_log_entries(data)
    result.took_s = time.monotonic() - started_at
    return result


def _audit_at_end(user: User, auditor: Auditor, result: Result) -> None:
    calm_at = time.monotonic()
    user.await_purge()
    audit = _audit_at_rest(auditor, is_final=False)
    result.recovery_s = time.monotonic() - calm_at
    if not audit.violations:
        # A fault can interrupt a request while it hides letters, which return by themselves: a redrive misses them.
        _await_letters(auditor)
        # Without faults, what they had failed succeeds, and the rest fails for its own reason.
        user.redrive()
        audit = _audit_at_rest(auditor, is_final=True)
    result.violations, result.counts = audit.violations, audit.counts
    if not audit.violations:
        user.reconcile()
        audit = _audit_at_rest(auditor, is_final=True)
        result.violations = audit.violations
        if left := audit.counts[LEFT_OVER]:
            result.violations.append(f"a reconciliation has left {left} thumbnails that no record lists")


class _Run:
    """The steps of one run."""

    def __init__(self, user: User, processes: Processes, sky: Sky, faults: Counter[str]) -> None:
        self._user = user
        self._processes = processes
        self._sky = sky
        self._faults = faults

    def run(self, plan: Plan) -> None:
        for step in plan.steps:
            self._take(step)

    def _take(self, step: Step) -> None:  # noqa: C901, PLR0912 - one line a step
        match step:
            case Upload(name, kind, number, via_api):
                self._user.upload(name, kind, number, via_api=via_api)
            case Repeat(name):
                self._user.repeat(name)
            case Delete(name):
                self._user.delete(name)
            case Retry(name):
                self._user.retry(name)
            case Redrive():
                self._user.redrive()
            case StartPurge():
                self._user.start_purge()
            case AwaitPurge():
                self._user.await_purge()
            case Kill(names):
                self._faults[f"kill {_describe(names)}"] += 1
                self._processes.kill(names)
                if "aws" in names:
                    self._user.ledger.table_cut_at = time.time()
            case KillChildren(name):
                self._faults["kill children"] += 1
                self._processes.kill_children(name)
            case Stop(names, seconds):
                self._faults[f"stop {_describe(names)}"] += 1
                self._processes.stop(names, seconds)
            case FullDisk(seconds):
                self._faults["full disk"] += 1
                self._processes.fill_disk(seconds)
            case Change(weather):
                self._sky.weather = weather
            case Pause(seconds):
                time.sleep(seconds)


def _describe(names: Sequence[str]) -> str:
    return "all" if names == ALL else names[0].partition("-")[0]


@contextmanager
def _run_pipeline(plan: Plan, data: Path, proxy: Proxy) -> Iterator[LocalPipeline]:
    """Run a pipeline whose services reach the embedded AWS through the proxy, and have clocks of their own."""
    path = [str(_CLOCK), str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    settings: Mapping[str, str] = {
        **IMPATIENT,
        "VISIBILITY_TIMEOUT_S": str(VISIBILITY_TIMEOUT_S),
        "AWS_ENDPOINT_URL": proxy.endpoint,
        "WORKER_CONCURRENCY": "2",
        # Too little for one kind of video.
        "EXTRACTION_MEMORY_MB": "512",
        "TABLE_SHARDS": str(plan.shards),
        "PYTHONPATH": os.pathsep.join(path),
        "FAULTS_CLOCKS": ",".join(f"{name}={offset_s}" for name, offset_s in plan.clocks.items()),
    }
    with run_pipeline(data, workers=len(WORKERS), say=lambda _: None, settings=settings, start=fork_program) as local:
        proxy.target = local.endpoints.aws
        yield local


def _places(endpoints: Endpoints) -> Places:
    return Places(
        endpoint=endpoints.aws,
        region=endpoints.region,
        bucket=endpoints.bucket,
        table=endpoints.videos_table,
        queue_url=endpoints.queue_url,
        dead_letter_queue_url=endpoints.dead_letter_queue_url,
    )


def _await_letters(auditor: Auditor) -> None:
    until = time.monotonic() + _PATIENCE_S
    while auditor.count_hidden_letters() and time.monotonic() < until:
        time.sleep(_POLL_INTERVAL_S)


def _audit_at_rest(auditor: Auditor, *, is_final: bool) -> Audit:
    """Audit until nothing is wrong; return the last audit if something stays wrong for minutes.

    Messages may still be waiting for another attempt, and processes for their restart.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        while auditor.count_messages() and time.monotonic() < until:
            time.sleep(_POLL_INTERVAL_S)
        audit = auditor.audit(is_final=is_final)
        if not audit.violations or time.monotonic() > until:
            return audit
        time.sleep(1)


def _count_log_entries(data: Path) -> Counter[str]:
    """Count the events in the logs of the workers, skipped videos by their reason."""
    counts: Counter[str] = Counter()
    for log in (data / "logs").glob("worker-*.log"):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("{"):
                entry = json.loads(line)
                counts[" ".join(filter(None, [entry["event"], str(entry.get("why", ""))]))] += 1
    return counts
