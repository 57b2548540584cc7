"""Messages about a value name the config file that the user gave."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from stacks.deploy import account, images, progress
from stacks.deploy.deploy import deploy_stack
from stacks.deploy.destroy import Consent, destroy_stacks
from stacks.deploy.errors import OperateError
from stacks.deploy.instance import Instance
from stacks.naming import StackId
from tests.support.bench import store_state

MakeInstance = Callable[..., Instance]

step_1 = partial(deploy_stack, stack=StackId.DNS, step=1, unattended=True)
step_2 = partial(deploy_stack, stack=StackId.DNS, step=2, unattended=True)


def destroy_core(instance: Instance) -> None:
    destroy_stacks(instance, (StackId.CORE,), Consent(name="thumbnails", unattended=True))


def check_secrets(instance: Instance) -> None:
    account.check_repository_secrets(instance, {"ECR_BASE_API": "x/y"})


@pytest.mark.parametrize(
    ("command", "values", "said"),
    [
        (account.check_credentials, {"account_id": "999999999999"}, "staging.toml says account_id"),
        (check_secrets, {}, "by staging.toml the repository is"),
        (
            progress.check_certificate,
            {"domain": "example.com", "certificate": True},
            "staging.toml says certificate = true, but ACM has issued none",
        ),
        (step_1, {}, "staging.toml has none: set domain"),
        (step_1, {"domain": "example.com", "certificate": True}, "because staging.toml says certificate = true"),
        (
            step_2,
            {"domain": "example.com"},
            "staging.toml says certificate = false. Set certificate = true in staging.toml",
        ),
        (destroy_core, {}, "set false in staging.toml"),
    ],
)
def test_a_refusal_names_the_given_config(
    command: Callable[[Instance], None],
    values: dict[str, Any],
    said: str,
    make_instance: MakeInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "is_delegated", lambda _instance: True)
    instance = replace(make_instance(**values), config_file="staging.toml")
    store_state(instance.session, StackId.CORE)
    with pytest.raises(OperateError) as caught:
        command(instance)
    assert said in str(caught.value)
    assert "pipeline.toml" not in str(caught.value)


def test_the_step_after_images_names_the_given_config(
    make_instance: MakeInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(account, "missing_images", lambda *_: [])
    images.push_images(replace(make_instance(), config_file="staging.toml"), tag="1.0.5")
    assert "Next: set image_tag = '1.0.5' in staging.toml" in capsys.readouterr().out
