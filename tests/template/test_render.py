"""A rendered instance, for every combination of answers that matters: right files and values, shared ones the same."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stacks.config.load import load_config
from stacks.instance.__main__ import main
from stacks.instance.errors import TemplateError
from stacks.instance.new import QUESTIONS, read_answers, render_instance
from stacks.instance.source import TemplateSource, as_requirement, source_of
from tests.template.project import THIS, Project, git

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template"

Render = Callable[..., Path]

COMBINATIONS = {
    "defaults": {},
    "domain": {"name": "acme-thumbs", "domain": "acme.example", "region": "ap-southeast-2"},
    "numbered": {"name": "acme-thumbs", "repository": "acme@1234/thumbs.io@5678"},
    "other partition": {"name": "abc", "region": "us-gov-west-1", "account_id": "000000000001"},
    "odd texts": {
        "name": "a-name-of-20-letters",
        "description": 'It\'s "ours": {{ braces }} & <angles>, #1 \\ Ünïcödé',
        "alert_email": '"o\'hara\\"@acme.example',
    },
}

EVERY_ANSWER = {
    "name": "acme-thumbs",
    "description": "Ours.",
    "region": "eu-west-1",
    "account_id": "000000000001",
    "domain": "",
    "alert_email": "ops@acme.example",
    "repository": "acme/thumbs",
}

# A link would lose the one's mode, and git takes no link for the other.
COPIES = ["noxw", "noxw.py", ".gitignore"]
SAME_AS_HERE = sorted([str(file.relative_to(TEMPLATE)) for file in TEMPLATE.rglob("*") if file.is_symlink()] + COPIES)

OF_ITS_OWN = {"README.md", "pipeline.toml", "noxfile.py", ".github/workflows/ci.yml", ".pre-commit-config.yaml"}
"""Files of the same names that say other things here: how the project itself is checked, and what it is."""


@pytest.fixture(params=COMBINATIONS)
def answers(request: pytest.FixtureRequest) -> dict[str, str]:
    return COMBINATIONS[request.param]


def test_the_config_says_what_was_answered(answers: dict[str, str], render: Render) -> None:
    config = load_config(render(**answers) / "pipeline.toml", {}).model_dump(mode="json")
    assert {name: config[name] for name in answers if name != "description"} == {
        name: value for name, value in answers.items() if name != "description"
    }
    assert (config["domain"] is None) == ("domain" not in answers)
    assert config["storage"]["table_shards"] == 8


def test_rendered_files_parse_and_contain_no_placeholders(answers: dict[str, str], render: Render) -> None:
    instance = render(**answers)
    for file in (path for path in instance.rglob("*") if path.is_file()):
        text = file.read_text(encoding="utf-8")
        assert file.suffix != ".jinja"
        assert not file.is_symlink()
        if "description" not in answers:
            assert not re.search(r"(?<!\$)\{\{|\{%", text), file
        match file.suffix:
            case ".toml":
                tomllib.loads(text)
            case ".json":
                json.loads(text)
            case ".yml" | ".yaml":
                yaml.safe_load(text)
            case ".py":
                compile(text, str(file), "exec")


def test_the_readme_is_the_instances_own(answers: dict[str, str], render: Render) -> None:
    instance = render(**answers)
    readme = (instance / "README.md").read_text(encoding="utf-8")
    config = load_config(instance / "pipeline.toml", {})
    assert readme.startswith(f"# {config.name}\n\n{answers.get('description', 'Thumbnails of our videos.')}\n")
    assert f"{config.account_id}, {config.region}" in readme
    assert (f"https://thumbnail.{config.domain}" in readme) == (config.domain is not None)


@pytest.mark.parametrize(("folder", "name"), [("acme-thumbs", "acme-thumbs"), ("Acme Thumbs", "thumbnails")])
def test_folder_name_becomes_the_instances_if_valid(
    folder: str, name: str, this_version: TemplateSource, tmp_path: Path
) -> None:
    assert render_instance(this_version, tmp_path / folder, {}, defaults=True)["name"] == name


def test_an_owner_is_asked_to_review(render: Render) -> None:
    owners = (render(repository="acme@1234/thumbs@5678") / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
    assert owners.endswith("\n* @acme\n")


def test_the_pin_stands_alone_and_names_one_commit(render: Render, template: Project) -> None:
    lines = (render() / "requirements" / "pipeline.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# The version of the pipeline")
    assert lines[1:] == [f"thumbnail-pipeline @ git+{template.folder.as_uri()}@{template.commit(THIS)}"]


def test_instance_has_the_workflows_of_deployment_ci_and_update(render: Render) -> None:
    names = {file.stem for file in (render() / ".github" / "workflows").iterdir()}
    ours = {file.stem for file in (ROOT / ".github" / "workflows").iterdir()}
    assert names == ours - {"nightly", "release", "weekly"} | {"template-update"}


@pytest.mark.parametrize("file", SAME_AS_HERE)
def test_this_repository_is_instance_zero(file: str, render: Render) -> None:
    instance = render()
    assert (instance / file).read_bytes() == (ROOT / file).read_bytes()
    assert (instance / file).stat().st_mode == (ROOT / file).stat().st_mode


def test_no_file_is_in_both_without_being_compared() -> None:
    tracked = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    inside = [file.removeprefix("template/") for file in tracked if file.startswith("template/")]
    template = {file.removesuffix(".jinja") for file in inside}
    assert template & set(tracked) == set(SAME_AS_HERE) | OF_ITS_OWN


def test_workflows_are_valid_and_call_own_sessions(render: Render) -> None:
    instance = render()
    files = sorted((instance / ".github" / "workflows").iterdir())
    zizmor_config = f"--config={ROOT / '.github' / 'zizmor.yml'}"
    for command in (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, files)],
        ["zizmor", "--offline", "--no-progress", "--quiet", zizmor_config, ".github"],
    ):
        tool = Path(sys.executable).with_name(command[0])
        done = subprocess.run([tool, *command[1:]], cwd=instance, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    noxfile = (instance / "noxfile.py").read_text(encoding="utf-8")
    sessions = set(re.findall(r"^def ([a-z]\w*)\(", noxfile, re.MULTILINE))
    for file in files:
        for called in re.findall(r"run: \./noxw (.+)", file.read_text(encoding="utf-8")):
            assert set(re.findall(r"^[a-z]+|lint|test|synth", called)) <= sessions, f"{file.name} calls {called}"


def test_its_actions_are_pinned_as_here(render: Render) -> None:
    def pins(folder: Path) -> set[str]:
        return {pin for file in folder.rglob("*.yml") for pin in re.findall(r"uses:\s*(\S+@\S+.*)", file.read_text())}

    assert pins(render() / ".github") <= pins(ROOT / ".github")


def test_the_command_says_what_comes_next(
    template: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text("name: acme-thumbs\naccount_id: '000000000001'\n", encoding="utf-8")
    destination = tmp_path / "instance"
    given = ["--data-file", str(answers), "--data", "name=other", "--defaults"]
    monkeypatch.setattr(sys, "argv", ["template", "new", str(template.folder), str(destination), *given])
    assert main() == 0
    said = capsys.readouterr().out
    assert f"other is in {destination}, from {THIS}. Next:" in said
    assert re.findall(r"^  (cd|\./noxw \w+)", said, re.MULTILINE) == ["cd", "./noxw demo", "./noxw lint"]
    assert "put your own alert_email, repository into pipeline.toml" in said
    assert load_config(destination / "pipeline.toml", {}).account_id == "000000000001"


def test_new_without_arguments_explains_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["template", "new", str(ROOT)])
    assert main() == 0
    said = capsys.readouterr().out
    assert "./noxw new ../acme-thumbs " in said
    assert all(question in said for question in QUESTIONS)


@pytest.mark.parametrize("taken", ["services/", "stacks/", "stacks.py"])
def test_new_refuses_names_that_hide_the_packages(this_version: TemplateSource, tmp_path: Path, taken: str) -> None:
    path = tmp_path / taken
    path.mkdir() if taken.endswith("/") else path.touch()
    with pytest.raises(TemplateError, match=f"has `{taken.partition('/')[0].partition('.')[0]}` of its own"):
        render_instance(this_version, tmp_path, EVERY_ANSWER, force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_without_a_terminal_it_says_how_to_answer(
    template: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [f"--data={name}={value}" for name, value in EVERY_ANSWER.items() if name != "description"]
    monkeypatch.setattr(sys, "argv", ["template", "new", str(template.folder), str(tmp_path / "instance"), *given])
    assert main() == 1
    assert capsys.readouterr().err.strip() == (
        "There is no terminal to ask on: add --defaults, or answer with --data what is missing: description."
    )
    assert list(tmp_path.iterdir()) == []


def test_with_every_answer_nothing_is_asked(this_version: TemplateSource, tmp_path: Path) -> None:
    given = render_instance(this_version, tmp_path / "instance", EVERY_ANSWER)
    assert {name: given[name] for name in EVERY_ANSWER} == EVERY_ANSWER


def test_a_repository_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"--source={tmp_path / 'nowhere'}"
    monkeypatch.setattr(sys, "argv", ["template", "new", str(ROOT), str(tmp_path / "instance"), "--defaults", source])
    assert main() == 1
    assert f"The template cannot be read from file://{tmp_path / 'nowhere'}. " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_answer_in_a_file_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("domain:\naccount_id: 123456789012\n", encoding="utf-8")
    assert read_answers(tmp_path / "answers.yml") == {"domain": "", "account_id": "123456789012"}


@pytest.mark.parametrize(
    ("url", "requirement"),
    [
        ("https://git.example/acme/pipeline.git", "git+https://git.example/acme/pipeline.git"),
        ("git@git.example:acme/pipeline.git", "git+ssh://git@git.example/acme/pipeline.git"),
        ("ssh://git@git.example/acme/pipeline.git", "git+ssh://git@git.example/acme/pipeline.git"),
        ("/srv/pipeline", "git+file:///srv/pipeline"),
    ],
)
def test_a_repository_is_named_as_pip_takes_it(url: str, requirement: str) -> None:
    assert as_requirement(url) == requirement


def test_checkout_without_pushed_commit_is_its_source(template: Project) -> None:
    source = source_of(template.folder)
    assert source == TemplateSource(
        url=f"git+{template.folder.as_uri()}", commit=template.commit(THIS), notes=source.notes
    )
    assert any("--source URL" in note for note in source.notes)
