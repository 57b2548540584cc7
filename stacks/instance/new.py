"""Renders an instance, all of it or nothing: into a folder beside the destination, checked, and then moved there."""

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import copier
import yaml
from copier.errors import CopierError
from pydantic import TypeAdapter, ValidationError

from stacks.config.load import ConfigError, load_config, validate_config
from stacks.config.model import PipelineConfig
from stacks.config.types import InstanceName
from stacks.instance.errors import TemplateError
from stacks.instance.source import TemplateSource

RESERVED_PACKAGES = ("services", "stacks")
"""Import packages of this project, which an instance installs. `template/noxfile.py` checks for the same names."""

QUESTIONS = ("name", "description", "region", "account_id", "domain", "alert_email", "repository")
"""Of copier.yml."""

PLACEHOLDERS = ("account_id", "alert_email", "repository")
"""Answers whose defaults are nobody's: enough for a demo, wrong for a deployment."""


def render_instance(
    source: TemplateSource,
    destination: Path,
    answers: Mapping[str, str],
    *,
    defaults: bool = False,
    force: bool = False,
) -> dict[str, str]:
    """The answers that the instance in `destination` was rendered with.

    What `answers` leave out is asked for, or with `defaults` has its default. With `force`, a folder that holds
    something keeps it, but for files of the same names.

    Raises:
        TemplateError: the destination or the source is not usable; nothing was left behind.
        ConfigError: answers that break their rules, all of them at once; nothing was left behind.
    """
    destination = destination.resolve()
    _check_destination(destination, force=force)
    _check_answers(answers)
    with tempfile.TemporaryDirectory(prefix=f".{destination.name}-", dir=destination.parent) as beside:
        rendered = Path(beside) / destination.name
        try:
            copier.run_copy(
                source.url,
                rendered,
                dict(answers),
                vcs_ref=source.commit,
                user_defaults=_suggestions(destination),
                defaults=defaults,
                quiet=True,
            )
        except (CopierError, ValueError) as error:
            raise TemplateError(_sentence(error, answers)) from error
        load_config(rendered / "pipeline.toml", {})
        if destination.exists() and any(destination.iterdir()):
            shutil.copytree(rendered, destination, dirs_exist_ok=True)
        else:
            rendered.rename(destination)
    return read_instance_answers(destination)


def read_instance_answers(instance: Path) -> dict[str, str]:
    """What an instance was rendered with; Copier's own notes begin with `_`."""
    answers: dict[str, str] = yaml.safe_load((instance / ".copier-answers.yml").read_text(encoding="utf-8"))
    return answers


def read_answers(file: Path) -> dict[str, str]:
    """Answers in a YAML file. Raises: TemplateError if it cannot be read, or is no table."""
    try:
        answers = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TemplateError(f"{file} cannot be read as YAML: {error}") from error
    if not isinstance(answers, dict):
        raise TemplateError(f"{file} holds no answers: one `key: value` a line is expected.")
    return {str(name): "" if value is None else str(value) for name, value in answers.items()}


def check_package_names(instance: Path) -> None:
    """Raise TemplateError if a folder or module of the instance would hide a package of the pipeline."""
    taken = [name for name in RESERVED_PACKAGES for path in (instance / name, instance / f"{name}.py") if path.exists()]
    if taken:
        names = " and ".join(f"`{name}`" for name in taken)
        raise TemplateError(
            f"{instance} has {names} of its own, and Python would import that instead of the pipeline's package of the "
            "same name: rename it, for example to `our_" + taken[0] + "`."
        )


def _check_destination(destination: Path, *, force: bool) -> None:
    if not destination.parent.is_dir():
        raise TemplateError(f"There is no folder {destination.parent} to put {destination.name} into: make it first.")
    if destination.exists() and not destination.is_dir():
        raise TemplateError(f"{destination} is a file: name a folder that is empty or not there yet.")
    if destination.exists() and any(destination.iterdir()) and not force:
        raise TemplateError(
            f"{destination} is not empty: name another folder, or add --force to write the instance into this one, "
            "over files of the same names."
        )
    check_package_names(destination)


def _check_answers(answers: Mapping[str, str]) -> None:
    """Raises: ConfigError for those that break a rule, TemplateError for those that answer no question."""
    unknown = sorted(set(answers) - set(QUESTIONS))
    if unknown:
        raise TemplateError(f"Nobody asks for {', '.join(unknown)}: there are {', '.join(QUESTIONS)}.")
    examples = {name: field.examples for name, field in PipelineConfig.model_fields.items() if field.is_required()}
    values = {name: (found or [""])[0] for name, found in examples.items()}
    given = {name: value for name, value in answers.items() if name in PipelineConfig.model_fields}
    if not given.get("domain"):
        given.pop("domain", None)
    try:
        validate_config({**values, **given}, source="The answers")
    except ConfigError as error:
        raise ConfigError(str(error).replace("The answers and the environment", "The answers")) from None


def _suggestions(destination: Path) -> dict[str, str]:
    """The folder's name as the instance's, if it can be that."""
    try:
        return {"name": TypeAdapter(InstanceName).validate_python(destination.name)}
    except ValidationError:
        return {}


def _sentence(error: Exception, answers: Mapping[str, str]) -> str:
    text = str(error).strip()
    if "Interactive session required" in text or "stdin" in text.lower():
        missing = ", ".join(name for name in QUESTIONS if name not in answers)
        return f"There is no terminal to ask on: add --defaults, or answer with --data what is missing: {missing}."
    return f"The instance cannot be rendered: {text}"


def exit_on_signal(*_: object) -> None:
    """For SIGTERM, and SIGHUP of a closed terminal: ends as Ctrl-C does, with the rendered folder thrown away."""
    sys.exit(130)
