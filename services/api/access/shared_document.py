"""A document in the videos table that all processes of the api share, for checks of each request."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel

from services.api.schema.problems import UnavailableError
from services.aws.errors import AwsError, WriteConflictError
from services.aws.shared import Document, SharedItems

_FRESH_S = 2.0
_PATIENCE_S = 0.5
"""Time that requests wait for a new reading; afterwards they use the last one."""
_FIRST_PATIENCE_S = 5.0
"""Time that requests wait for the first reading, without which none of them can be answered."""
_ATTEMPTS = 5

M = TypeVar("M", bound=BaseModel)


class _Reading:
    """One reading of the table, for all requests that need it."""

    def __init__(self) -> None:
        self.begun_at = time.monotonic()
        self.done = threading.Event()

    def wait(self, patience_s: float) -> None:
        self.done.wait(max(0.0, self.begun_at + patience_s - time.monotonic()))


class SharedDocument(Generic[M]):
    """A document as a model, with one reading of the table in two seconds for any number of requests."""

    def __init__(self, shared: SharedItems, key: str, model: type[M], *, name: str) -> None:
        """Set the document's key and its model, which must have defaults. `name` is for messages: a plural."""
        self._shared = shared
        self._key = key
        self._model = model
        self._name = name
        self._lock = threading.Lock()
        self._reading: _Reading | None = None
        self._read_at: float | None = None
        self._known: tuple[int, M] | None = None
        self._log = structlog.get_logger()

    def current(self) -> M:
        """Return the document of the last seconds, or the last one known while the table does not answer.

        Raises: UnavailableError if there has been no reading.
        """
        if reading := self._begin_reading():
            reading.wait(_FIRST_PATIENCE_S if self._known is None else _PATIENCE_S)
        if self._known is None:
            raise UnavailableError(
                f"The {self._name} cannot be checked: the videos table does not answer.", retry_after_s=1
            )
        return self._known[1]

    def update(self, change: Callable[[M], M]) -> M:
        """Replace the document by `change` of it, for this process at once and for all others within seconds.

        Raises: AwsError, UnavailableError if the change could not be stored; the errors of `change`.
        """
        for _ in range(_ATTEMPTS):
            before = self._shared.document(self._key)
            after = change(self._parse(before))
            try:
                self._keep_document(self._shared.write(self._key, before, after.model_dump(mode="json")))
            except WriteConflictError:
                continue
            return after
        raise UnavailableError(f"Many {self._name} change at the moment. Try again.", retry_after_s=1)

    def _begin_reading(self) -> _Reading | None:
        """Return the running reading or a new one, None while the last one is fresh."""
        with self._lock:
            if self._reading is None:
                if self._read_at is not None and time.monotonic() - self._read_at < _FRESH_S:
                    return None
                self._reading = _Reading()
                threading.Thread(
                    target=self._read_table, args=(self._reading,), name=f"read {self._key}", daemon=True
                ).start()
            return self._reading

    def _read_table(self, reading: _Reading) -> None:
        try:
            self._keep_document(self._shared.document(self._key))
        except AwsError as error:
            self._log.warning("document_not_read", document=self._key, error=str(error))
        finally:
            with self._lock:
                self._reading = None
                self._read_at = time.monotonic()
            reading.done.set()

    def _keep_document(self, document: Document) -> None:
        """Keep a document unless a later revision is known, so that no change is lost."""
        with self._lock:
            if self._known is None or document.revision >= self._known[0]:
                self._known = (document.revision, self._parse(document))

    def _parse(self, document: Document) -> M:
        return self._model.model_validate(document.content or {})
