"""The user's own notes of a fault run: which objects may be in the bucket at its end, and what each of them is."""

import hashlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath

ABSENT = ""


def compute_etag(content: bytes) -> str:
    """Return S3's ETag of an object that is uploaded in one piece."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Sample:
    """Knowledge of the auditor about a content: the number in its pixels, or the right reasons of its failure."""

    kind: str
    number: int | None = None
    reasons: frozenset[str] = frozenset()
    is_ignored: bool = False


@dataclass
class Ledger:
    """ETags that each key may have at the end. A request without an answer may still have its effect, even later."""

    samples: dict[str, Sample] = field(default_factory=dict)
    """By ETag."""
    table_cut_at: float | None = None
    """Unix time of the last kill of the embedded AWS: its table may lack the writes before it, its bucket has all."""
    _last: dict[str, set[str]] = field(default_factory=dict)
    _stray: dict[str, set[str]] = field(default_factory=dict)
    _history: dict[str, set[str]] = field(default_factory=dict)

    def note_content(self, content: bytes, sample: Sample) -> str:
        """Note what a content is; return its ETag."""
        etag = compute_etag(content)
        self.samples[etag] = sample
        return etag

    def begin(self, key: str, etag: str) -> None:
        """Note a write that is sent now: until its answer, it may have its effect or not."""
        self._last.setdefault(key, {ABSENT}).add(etag)
        self._history.setdefault(key, set()).add(etag)

    def lose(self, key: str, etag: str) -> None:
        """Note a write without an answer: it may have its effect at any later time."""
        self._stray.setdefault(key, set()).add(etag)

    def acknowledge(self, key: str, etag: str) -> None:
        """Note the answer to a write: all earlier ones are replaced."""
        self._last[key] = {etag}

    def begin_purge(self) -> None:
        for etags in self._last.values():
            etags.add(ABSENT)

    def present(self, key: str) -> set[str]:
        """Return the ETags that a key may have, `ABSENT` for no object."""
        return self._last.get(key, {ABSENT}) | self._stray.get(key, set())

    def history(self, key: str) -> set[str]:
        """Return the ETags of all uploads to a key."""
        return self._history.get(key, set())

    def numbers(self, owner: str) -> set[int | None]:
        """Return the numbers of the uploads whose pictures can be under the base of `owner`.

        If the table lost the claim on a base whose pictures are stored, another key with the same stem may claim it.
        """
        stem = PurePosixPath(owner).with_suffix("")
        keys = [key for key in self._history if PurePosixPath(key).with_suffix("") == stem]
        etags = set().union(*map(self.history, keys)) if self.table_cut_at else self.history(owner)
        return {self.samples[etag].number for etag in etags if etag != ABSENT}

    def owners(self, base: str) -> list[str]:
        """Return the keys whose thumbnails can be under a base: it has their name, with or without its suffix."""
        name = PurePosixPath("uploads", PurePosixPath(base).relative_to("thumbnails"))
        return [key for key in self._history if name in (PurePosixPath(key), PurePosixPath(key).with_suffix(""))]

    @property
    def keys(self) -> list[str]:
        return sorted(self._last)
