"""The questions of the template: the same rules and words as the config's, and a wrong answer leaves nothing behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, nodes

from stacks.config.load import ConfigError
from stacks.config.model import PipelineConfig
from stacks.config.types import Form
from stacks.instance.errors import TemplateError
from stacks.instance.new import QUESTIONS, render_instance
from stacks.instance.source import TemplateSource
from tests.template.project import Project

ROOT = Path(__file__).parents[2]
COPIER: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
OF_THE_CONFIG = [question for question in QUESTIONS if question in PipelineConfig.model_fields]

BAD = {
    "name": ["X", "a", "kube-thumbs", "double--hyphen", "a-name-that-is-much-too-long", "thumbs\n", 'a"b'],
    "region": ["frankfurt", "us-east"],
    "account_id": ["123", "12345678901a", "1234567890123"],
    "domain": ["https://acme.example", "Acme.example", "acme.example."],
    "alert_email": ["nobody", "two@@acme.example", "a b@acme.example"],
    "repository": ["acme", "acme/thumbs/more", "https://github.com/acme/thumbs"],
}
GOOD = {
    "name": ["abc", "acme-thumbs", "a1-b2-c3"],
    "region": ["ap-southeast-2", "us-gov-west-1"],
    "account_id": ["000000000001"],
    "domain": ["", "acme.example", "a.b-c.example.co"],
    "alert_email": ["a+b@acme.example", '"quoted"@acme.example'],
    "repository": ["acme/thumbs", "acme@1234/thumbs.io@5678"],
}


def form_of(field: str) -> Form:
    info = PipelineConfig.model_fields[field]
    forms = [part for part in info.metadata if isinstance(part, Form)]
    if not forms:
        forms = [part for kind in info.annotation.__args__ for part in getattr(kind, "__metadata__", ())]  # type: ignore[union-attr]
    return forms[0]


def told_by_copier(field: str, value: str) -> str:
    """Return the message of a question's validator for an answer; empty if it is right."""
    environment = Environment(extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"])  # noqa: S701 - no HTML
    return environment.from_string(COPIER[field]["validator"]).render(**{field: value}).strip()


def test_questions_are_those_of_copier_yml() -> None:
    assert [name for name in COPIER if not name.startswith("_")] == list(QUESTIONS)


def test_nothing_makes_people_type_trust() -> None:
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & COPIER.keys()


@pytest.mark.parametrize("field", OF_THE_CONFIG)
def test_a_rule_is_the_configs_word_for_word(field: str) -> None:
    form, tree = form_of(field), Environment().parse(COPIER[field]["validator"])  # noqa: S701
    patterns = [node.value for node in tree.find_all(nodes.Const) if str(node.value).startswith("^(?:")]
    wanted = [form.pattern, *([form.reserved] if form.reserved else [])]
    assert patterns == [rf"^(?:{pattern})\Z" for pattern in wanted]
    assert re.sub(r"\s+", " ", told_by_copier(field, BAD[field][0])) == form.rule


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_a_wrong_answer_shows_its_rule_and_writes_nothing(
    field: str, value: str, this_version: TemplateSource, tmp_path: Path
) -> None:
    assert told_by_copier(field, value)
    with pytest.raises(ConfigError) as refused:
        render_instance(this_version, tmp_path / "instance", {field: value}, defaults=True)
    assert form_of(field).rule in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in GOOD.items() for value in values])
def test_a_right_answer_is_taken_by_both(field: str, value: str) -> None:
    assert told_by_copier(field, value) == ""
    if value:
        form_of(field)._check(value)  # noqa: SLF001 - the rule itself


def test_all_wrong_answers_are_told_at_once(this_version: TemplateSource, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"The answers: 2 values to fix(?s:.*)name = (?s:.*)region = "):
        render_instance(this_version, tmp_path / "instance", {"name": "X", "region": "nowhere"}, defaults=True)


def test_an_answer_that_nobody_asked_for_is_refused(this_version: TemplateSource, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="There is no question nmae: there are name, "):
        render_instance(this_version, tmp_path / "instance", {"nmae": "acme"}, defaults=True)
    assert list(tmp_path.iterdir()) == []


def test_the_template_refuses_a_two_line_description(this_version: TemplateSource, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="one line of at most 200 characters"):
        render_instance(this_version, tmp_path / "instance", {"description": "one\ntwo"}, defaults=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_refused_unless_told(this_version: TemplateSource, tmp_path: Path) -> None:
    own = tmp_path / "instance" / "notes.txt"
    own.parent.mkdir()
    own.write_text("ours", encoding="utf-8")
    with pytest.raises(TemplateError, match="is not empty: name another folder, or add --force"):
        render_instance(this_version, own.parent, {}, defaults=True)
    assert [path.name for path in own.parent.iterdir()] == ["notes.txt"]
    render_instance(this_version, own.parent, {}, defaults=True, force=True)
    assert own.read_text(encoding="utf-8") == "ours"
    assert (own.parent / "pipeline.toml").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]


@pytest.fixture
def default_signals() -> Iterator[None]:
    """Restore SIGINT, which tests in the background ignore and would pass on to their processes."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("default_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_render_leaves_nothing(number: signal.Signals, template: Project, tmp_path: Path) -> None:
    """End the command while git waits, once the temporary folder has been made."""
    programs, gate = tmp_path / "programs", tmp_path / "gate"
    programs.mkdir()
    os.mkfifo(gate)
    real = shutil.which("git")
    (programs / "git").write_text(
        f'#!/bin/sh\ncase "$*" in *worktree\\ add*) echo > {gate}; exec sleep 300;; esac\nexec {real} "$@"\n',
        encoding="utf-8",
    )
    (programs / "git").chmod(0o755)
    place, temporary = tmp_path / "place", tmp_path / "temporary"
    place.mkdir()
    temporary.mkdir()
    command = [sys.executable, "-m", "stacks.instance", "new", str(template.folder), str(place / "instance")]
    command.append("--defaults")
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment["TMPDIR"] = str(temporary)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        gate.read_text(encoding="utf-8")
        assert list(place.iterdir()), "the render has not begun"
        assert list(temporary.iterdir()), "the clone has not begun"
        running.send_signal(number)
        assert running.wait(120) == 130
    assert [*place.iterdir(), *temporary.iterdir()] == []
