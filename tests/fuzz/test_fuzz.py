"""The fuzzer itself, with few contents: `./noxw fuzz` runs for as long as one likes."""

import random
from pathlib import Path

import pytest

from services.contract.thumbnails import ThumbnailOptions
from tests.fuzz.__main__ import Run
from tests.fuzz.checks import complain_about, require
from tests.fuzz.children import check_outcome
from tests.fuzz.samples import make_samples
from tests.fuzz.targets import MESSAGES, Target, make_message_targets, make_targets
from tests.support.extracted import SharedSandbox
from tests.support.sandboxes import Source
from tests.support.videos import Videos

_ALL = sorted((Path(__file__).parent / "findings").glob("*/*.bin"))
FINDINGS = [path for path in _ALL if path.parent.name != "child"]
"""Contents that once had a parser fail, in a folder of the target's name."""
CHILD_FINDINGS = [path for path in _ALL if path.parent.name == "child"]
"""Contents of which a child once gave a wrong answer, or none."""
CONTENTS = 80


@pytest.fixture(scope="module")
def targets(videos: Videos) -> dict[str, Target]:
    return make_targets(make_samples(videos))


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_past_finding_of_the_fuzzer_stays_fixed(path: Path, targets: dict[str, Target]) -> None:
    assert complain_about(targets[path.parent.name].check, path.read_bytes()) is None


@pytest.mark.parametrize("path", CHILD_FINDINGS, ids=lambda path: path.stem)
def test_past_finding_in_a_child_stays_fixed(path: Path) -> None:
    check_outcome(SharedSandbox().extract(Source(path.read_bytes())), ThumbnailOptions())


def test_every_parser_accepts_valid_and_changed_contents(targets: dict[str, Target]) -> None:
    for target in targets.values():
        seeds = (f"1:{target.name}:{number}" for number in range(CONTENTS))
        changed = [target.make(random.Random(seed)) for seed in seeds]  # noqa: S311 - no secret
        assert len(set(changed)) > CONTENTS / 2, "the changes are different ones"
        for content in (*target.contents, *changed):
            complaint = complain_about(target.check, content)
            assert complaint is None, f"{target.name}: {complaint}"


def test_messages_are_the_targets_outside_the_sandbox() -> None:
    assert tuple(make_message_targets()) == MESSAGES


def test_finding_is_kept_once_with_its_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(content: bytes) -> None:
        require(b"a" not in content, "an a")

    run = Run(seed=7, keep=tmp_path)
    for _ in range(3):
        run.try_next(Target("letters", refuse, [b"a"], lambda content, _others, _dice: content))

    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == b"a"
    printed = capsys.readouterr().out
    assert f"{path} (seed 7, content 0 of letters): UnsaneError" in printed
    assert printed.count("seed 7") == 1
