"""Lines about a rehearsal while it runs, and its results as one JSON document at the end."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from stacks.rehearse.errors import RehearsalError


@dataclass
class Result:
    step: str
    """Letter of the step, as in docs/deploying.md."""
    title: str
    ok: bool = False
    seconds: float = 0.0
    details: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Results of the steps. With `as_json`, progress goes to standard error, and `finish` prints the document."""

    as_json: bool = False
    results: list[Result] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    _started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def line(self, text: str = "") -> None:
        with self._lock:
            print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    @contextmanager
    def step(self, letter: str, title: str) -> Iterator[Result]:
        """Time a step, and print its result with the details that it adds. A failure goes on as it is."""
        result = Result(letter, title)
        self.results.append(result)
        self.line(f"{letter}  {title} ...")
        start = time.monotonic()
        try:
            yield result
            result.ok = True
        except RehearsalError as error:
            result.details.append(str(error))
            raise
        finally:
            result.seconds = round(time.monotonic() - start, 1)
            word = "ok" if result.ok else "FAILED"
            self.line(f"{letter}  {title}: {word}, {result.seconds:.0f} s")
            if result.ok:
                for detail in result.details:
                    self.line(f"     {detail}")

    @property
    def ok(self) -> bool:
        return bool(self.results) and all(result.ok for result in self.results)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def document(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "seconds": round(self.elapsed_s, 1),
            **self.facts,
            "steps": [asdict(result) for result in self.results],
        }
