"""A user of the pipeline: uploads, deletes, purges, retries, and tries again until each request is answered."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from services.local.pipeline import Endpoints
from tests.faults.clips import KINDS, ClipFolder
from tests.faults.ledger import ABSENT, Ledger, Sample, compute_etag

_PATIENCE_S = 600.0
"""On a machine with ten times more to do than cores, a restart takes a minute."""

_ANSWER_S = 75.0
"""Longer than the api's own deadline of a request that makes several calls."""

_PAUSE_S = 0.3


class UserError(AssertionError):
    """A request of the user had no answer for minutes."""


class User:
    """The user talks to the embedded AWS directly, and to the api over HTTP."""

    def __init__(self, endpoints: Endpoints, clips: ClipFolder) -> None:
        self.ledger = Ledger()
        self._clips = clips
        self._bucket = endpoints.bucket
        self._contents: dict[str, bytes] = {}
        self._purge: str | None = None
        config = Config(connect_timeout=3, read_timeout=8, retries={"total_max_attempts": 1})
        session = boto3.Session("test", "test", region_name=endpoints.region)
        self._s3 = session.client("s3", endpoint_url=endpoints.aws, config=config)
        token = Path(endpoints.token_file).read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        self._api = httpx.Client(base_url=endpoints.api, headers=headers, timeout=_ANSWER_S, trust_env=False)

    def close(self) -> None:
        self._api.close()
        self._s3.close()

    def upload(self, name: str, kind: str, number: int, *, via_api: bool = False) -> None:
        content = self._clips.clip(kind, number)
        found = KINDS[kind]
        sample = Sample(kind, number if found.encoder else None, found.reasons, found.is_ignored)
        etag = self.ledger.note_content(content, sample)
        key = f"uploads/{name}"
        if via_api and content:
            self._upload_via_api(name, content, etag)
        else:
            self._put(key, content, etag)

    def repeat(self, name: str) -> None:
        """Upload the last content of a name again."""
        key = f"uploads/{name}"
        if content := self._contents.get(key):
            self._put(key, content, compute_etag(content))

    def delete(self, name: str) -> None:
        key = f"uploads/{name}"
        self.ledger.begin(key, ABSENT)
        self._write(key, ABSENT, lambda: self._s3.delete_object(Bucket=self._bucket, Key=key))

    def retry(self, name: str) -> None:
        # 404: no worker has received it. 409: it has its thumbnails, or was deleted.
        self._ask("POST", f"/api/videos/uploads/{name}/retry", accepted=(202, 404, 409))

    def redrive(self) -> int:
        """Redrive all dead letters; return their number."""
        answer = self._ask("POST", "/api/dead-letters/redrive", json={}, accepted=(200,))
        return int(answer["redriven"])

    def reconcile(self) -> None:
        """Reconcile thumbnails and uploads: a dry run, then the run that it confirms."""
        plan = self._follow_reconciliation({"dry_run": True})
        self._follow_reconciliation({"dry_run": False, "confirmation": plan["confirmation"]})

    def _follow_reconciliation(self, question: dict[str, Any]) -> Any:
        """Start a reconciliation and return it when it is done. Raises: UserError if it fails or takes minutes."""
        until = time.monotonic() + _PATIENCE_S
        found = self._ask("POST", "/api/reconciliations", json=question, accepted=(202,))
        while found["state"] == "running" and time.monotonic() < until:
            time.sleep(_PAUSE_S)
            found = self._ask("GET", f"/api/reconciliations/{found['id']}", accepted=(200,))
        if found["state"] != "done":
            raise UserError(f"the reconciliation is {found['state']}: {found}")
        return found

    def start_purge(self) -> None:
        self.ledger.begin_purge()
        preview = self._ask("GET", "/api/purge", accepted=(200,))
        # 409: another purge runs, as after a lost answer. 428: the confirmation has expired.
        parameters = {"confirmation": preview["confirmation"]}
        answer = self._ask("DELETE", "/api/purge", params=parameters, accepted=(202, 409, 428))
        self._purge = answer["progress"]["id"] if "progress" in answer else ""

    def await_purge(self) -> None:
        """Wait until the purge has ended; start it again if it is lost or has failed."""
        until = time.monotonic() + _PATIENCE_S
        while self._purge is not None:
            last = self._ask("GET", "/api/purge", accepted=(200,))["last"]
            if last is None or last["id"] != self._purge or last["phase"] == "failed":
                if last is None or not last["running"]:
                    self.start_purge()
            elif not last["running"]:
                self._purge = None
            if time.monotonic() > until:
                raise UserError(f"the purge has not ended within {_PATIENCE_S:.0f} s: {last}")
            time.sleep(_PAUSE_S)

    def _put(self, key: str, content: bytes, etag: str) -> None:
        self.ledger.begin(key, etag)
        self._contents[key] = content
        self._write(key, etag, lambda: self._s3.put_object(Bucket=self._bucket, Key=key, Body=content))

    def _upload_via_api(self, name: str, content: bytes, etag: str) -> None:
        question = {"name": name, "size_bytes": len(content), "overwrite": True}

        def send() -> None:
            ticket = self._ask("POST", "/api/uploads", json=question, accepted=(201,))
            files = {"file": (name, content, ticket["content_type"])}
            with httpx.Client(timeout=8, trust_env=False) as browser:
                answer = browser.post(ticket["url"], data=ticket["fields"], files=files)
            if answer.status_code not in (200, 201, 204):
                raise _NoAnswerError(f"{answer.status_code} {answer.text[:200]}")

        # The api may clean the name.
        key = str(self._ask("POST", "/api/uploads", json=question, accepted=(201,))["key"])
        self.ledger.begin(key, etag)
        self._contents[key] = content
        self._write(key, etag, send)

    def _write(self, key: str, etag: str, send: Callable[[], object]) -> None:
        """Send a write to S3 until it is answered."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                send()
            except (BotoCoreError, ClientError, httpx.HTTPError, _NoAnswerError) as error:
                self.ledger.lose(key, etag)
                if time.monotonic() > until:
                    raise UserError(f"{key}: no write was accepted: {error}") from error
                time.sleep(_PAUSE_S)
            else:
                self.ledger.acknowledge(key, etag)
                return

    def _ask(self, method: str, path: str, *, accepted: tuple[int, ...], **options: Any) -> Any:
        """Send a request to the api until its answer has one of the accepted codes; return the answer."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            said = ""
            with contextlib.suppress(httpx.HTTPError):
                answer = self._api.request(method, path, **options)
                if answer.status_code in accepted:
                    return answer.json()
                said = f"{answer.status_code} {answer.text[:300]}"
            if time.monotonic() > until:
                raise UserError(f"{method} {path}: {said or 'no answer'}")
            time.sleep(_PAUSE_S)


class _NoAnswerError(Exception):
    """S3 has refused a form, as when its disk is full."""
