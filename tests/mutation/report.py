"""Results of a mutation run: the reviewed list of equivalent mutants, and a table of scores. Pure."""

import io
import re
import tokenize
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Any

LIMIT_PCT = 90.0
"""Lowest share of the mutants that are not equivalent which the tests must kill."""

_SENTENCE = re.compile(r"""["'].* .*\.["']\Z""")


@dataclass(frozen=True)
class Mutant:
    name: str
    """mutmut's name: module, function and number."""
    path: str
    function: str
    change: str
    """Changed lines, without indentation: those before with `-`, those after with `+`."""


@dataclass(frozen=True)
class Equivalent:
    """A reviewed entry: mutants with this change behave as the code does."""

    path: str
    function: str
    change: str
    reason: str

    def is_about(self, mutant: Mutant) -> bool:
        return (self.path, self.function, self.change) == (mutant.path, mutant.function, mutant.change)


@dataclass
class Score:
    """Counts of one module, or of all."""

    mutants: int = 0
    killed: int = 0
    timed_out: int = 0
    """Those of the killed whose tests did not end."""
    survived: int = 0
    equivalent: int = 0

    @property
    def percent(self) -> float:
        """Return the share of the killed among the mutants that are not equivalent."""
        judged = self.killed + self.survived
        return 100 * self.killed / judged if judged else 100.0

    def add(self, other: "Score") -> None:
        for name in ("mutants", "killed", "timed_out", "survived", "equivalent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Report:
    scores: dict[str, Score] = field(default_factory=dict)
    """By the path of the module."""
    survivors: list[Mutant] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    """Complaints about entries of the list of equivalent mutants."""

    @property
    def total(self) -> Score:
        total = Score()
        for score in self.scores.values():
            total.add(score)
        return total

    @property
    def is_good(self) -> bool:
        return not self.stale and self.total.percent >= LIMIT_PCT


def describe_change(before: str, after: str) -> str:
    """Return the lines that differ between two functions, without indentation."""
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if not line.startswith("@@"))


def is_wording(change: str) -> bool:
    """Return True if a change is only in the wording of sentences for people."""
    before, after = ("\n".join(line[2:] for line in change.splitlines() if line[0] == sign) for sign in "-+")
    pairs = list(zip(_tokens(before), _tokens(after), strict=False))
    differing = [(old, new) for old, new in pairs if old != new]
    is_same_code = len(_tokens(before)) == len(_tokens(after))
    return is_same_code and bool(differing) and all(_SENTENCE.search(old) and new[0] in "'\"" for old, new in differing)


def _tokens(code: str) -> list[str]:
    try:
        return [token.string for token in tokenize.generate_tokens(io.StringIO(code).readline) if token.string.strip()]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return code.split("\n")


def parse_equivalents(text: str) -> list[Equivalent]:
    """Return the entries of the list. Raises: KeyError, ValueError."""
    return [
        Equivalent(entry["path"], entry["function"], entry["change"].strip(), entry["reason"])
        for entry in tomllib.loads(text).get("equivalent", [])
    ]


def make_report(mutants: Sequence[Mutant], outcomes: Mapping[str, str], equivalents: Sequence[Equivalent]) -> Report:
    """Return the scores; `outcomes` has killed, timeout or survived for the name of each mutant."""
    report = Report()
    for mutant in mutants:
        score = report.scores.setdefault(mutant.path, Score())
        score.mutants += 1
        outcome = outcomes[mutant.name]
        is_listed = any(entry.is_about(mutant) for entry in equivalents)
        if outcome == "survived":
            score.equivalent += is_listed
            score.survived += not is_listed
            report.survivors += [] if is_listed else [mutant]
        else:
            score.killed += 1
            score.timed_out += outcome == "timeout"
    for entry in equivalents:
        about = [mutant for mutant in mutants if entry.is_about(mutant)]
        if entry.path in report.scores and not about:
            report.stale.append(f"no mutant of {entry.path}, {entry.function}, has this change:\n{entry.change}")
        elif about and all(outcomes[mutant.name] != "survived" for mutant in about):
            report.stale.append(f"tests kill this mutant of {entry.path}, {entry.function}:\n{entry.change}")
    return report


def format_table(report: Report) -> str:
    """Return the scores as a table in Markdown."""
    lines = [
        "| module | mutants | killed | survived | equivalent | score |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows = [*((f"`{path}`", score) for path, score in sorted(report.scores.items())), ("all", report.total)]
    for name, score in rows:
        counts = " | ".join(f"{count:,}" for count in (score.mutants, score.killed, score.survived, score.equivalent))
        lines.append(f"| {name} | {counts} | {score.percent:.1f} % |")
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "is_good": report.is_good,
        "limit_pct": LIMIT_PCT,
        "modules": {path: _score_as_json(score) for path, score in sorted(report.scores.items())},
        "all": _score_as_json(report.total),
        "survivors": [vars(mutant) for mutant in report.survivors],
        "stale": report.stale,
    }


def _score_as_json(score: Score) -> dict[str, float]:
    return {**vars(score), "score_pct": round(score.percent, 1)}
