"""The report of a mutation run: what counts as wording, which entries are stale, and the score."""

import pytest

from tests.mutation.report import (
    Mutant,
    as_json,
    describe_change,
    format_table,
    is_wording,
    make_report,
    parse_equivalents,
)

PATH = "services/contract/keys.py"
BEFORE = 'def function(a):\n    if a > 1:\n        return "It ended."\n    return 0\n'


def a_mutant(number: int, change: str = "- a > 1\n+ a >= 1") -> Mutant:
    return Mutant(f"services.contract.keys.x_f__mutmut_{number}", PATH, "f", change)


def outcomes(*values: str) -> dict[str, str]:
    return {a_mutant(number).name: value for number, value in enumerate(values)}


def an_entry(change: str = "- a > 1\n+ a >= 1", path: str = PATH) -> str:
    return f"[[equivalent]]\npath = '{path}'\nfunction = 'f'\nchange = '''\n{change}\n'''\nreason = 'a is never 1'\n"


def test_a_change_is_shown_without_indentation() -> None:
    assert describe_change(BEFORE, BEFORE.replace("a > 1", "a >= 1")) == "- if a > 1:\n+ if a >= 1:"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('error = "It has ended."', 'error = "XXIt has ended.XX"', True),
        ('error = "It has ended."', 'error = "IT HAS ENDED."', True),
        ('error = "SET a = :b"', 'error = "set a = :b"', False),
        ('error = "It has ended."', "error = None", False),
        ('error = "ended"', 'error = "ENDED"', False),
    ],
)
def test_a_change_of_a_sentence_is_wording(before: str, after: str, *, expected: bool) -> None:
    assert is_wording(f"- {before}\n+ {after}") is expected


def test_the_score_leaves_out_equivalent_mutants() -> None:
    mutants = [a_mutant(0), a_mutant(1, "- b\n+ c"), a_mutant(2, "- d\n+ e"), a_mutant(3, "- f\n+ g")]
    results = outcomes("survived", "killed", "timeout", "survived")

    report = make_report(mutants, results, parse_equivalents(an_entry()))

    score = report.scores[PATH]
    assert (score.mutants, score.killed, score.timed_out, score.survived, score.equivalent) == (4, 2, 1, 1, 1)
    assert report.survivors == [mutants[3]]
    assert f"| `{PATH}` | 4 | 2 | 1 | 1 | 66.7 % |" in format_table(report)
    assert (as_json(report)["is_good"], as_json(report)["all"]["score_pct"]) == (False, 66.7)


@pytest.mark.parametrize(("killed", "expected"), [(9, True), (8, False)])
def test_nine_of_ten_mutants_must_be_killed(killed: int, *, expected: bool) -> None:
    mutants = [a_mutant(number) for number in range(10)]

    report = make_report(mutants, outcomes(*["killed"] * killed, *["survived"] * (10 - killed)), [])

    assert report.is_good is expected


@pytest.mark.parametrize(
    ("entry", "outcome", "stale"),
    [
        (an_entry(), "survived", ""),
        (an_entry("- x\n+ y"), "killed", "no mutant"),
        (an_entry(), "killed", "tests kill"),
        (an_entry(path="services/worker/process.py"), "killed", ""),
    ],
)
def test_an_entry_that_is_no_longer_true_is_reported(entry: str, outcome: str, stale: str) -> None:
    report = make_report([a_mutant(0)], outcomes(outcome), parse_equivalents(entry))

    assert "".join(report.stale).startswith(stale)
    assert bool(report.stale) is bool(stale)
    assert report.is_good is not bool(stale)
