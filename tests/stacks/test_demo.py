"""An instance's demo: the local pipeline is started under the config's name, with the config's settings."""

from pathlib import Path

import pytest

from services.contract.settings import ApiSettings, WorkerSettings
from stacks.config.load import ConfigError
from stacks.instance.demo import demo_command

PIPELINE = """\
name = "acme-thumbs"
region = "ap-southeast-2"
account_id = "123456789012"
repository = "acme/thumbs"
alert_email = "ops@example.com"
thumbnails.positions_pct = [5, 33.5]
thumbnails.width_px = 320
processing.deadline_s = 50
processing.extensions = [".mp4", ".MXF"]
processing.denied_decoders = []
"""


def test_the_local_pipeline_gets_the_configs_name_and_settings(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text(PIPELINE, encoding="utf-8")
    given = [argument.removeprefix("--set=") for argument in demo_command(tmp_path, "--once") if "=" in argument]
    settings = dict(setting.split("=", 1) for setting in given)
    assert settings.pop("PIPELINE_NAME") == "acme-thumbs"
    assert settings["THUMBNAIL_POSITIONS"] == "5,33.5"
    assert settings["THUMBNAIL_WIDTH_PX"] == "320"
    assert settings["PROCESSING_DEADLINE_S"] == "50"
    assert settings["VIDEO_EXTENSIONS"] == ".mp4,.mxf"
    assert settings["EXTRACTION_DENIED_DECODERS"] == "none"
    assert "EXTRACTION_DENIED_DEMUXERS" not in settings
    assert (settings["THUMBNAIL_STORYBOARD"], settings["THUMBNAIL_POSTER"]) == ("True", "True")
    assert (settings["EVENTS_ENABLED"], settings["EVENTS_ALLOW_PRIVATE_TARGETS"]) == ("True", "True")
    assert {name.lower() for name in settings} <= {*WorkerSettings.model_fields, *ApiSettings.model_fields}
    assert demo_command(tmp_path, "--once", "--data", "x")[-3:] == ["--once", "--data", "x"]


@pytest.mark.parametrize("name", ["storyboard", "poster"])
def test_a_config_can_leave_out_storyboard_or_poster(tmp_path: Path, name: str) -> None:
    (tmp_path / "pipeline.toml").write_text(f"{PIPELINE}thumbnails.{name} = false\n", encoding="utf-8")
    assert f"--set=THUMBNAIL_{name.upper()}=True" not in demo_command(tmp_path)


def test_a_wrong_config_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text(PIPELINE.replace("33.5", "133"), encoding="utf-8")
    with pytest.raises(ConfigError, match="positions_pct"):
        demo_command(tmp_path)


def test_the_demo_writes_no_events_if_the_config_turns_them_off(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text(f"{PIPELINE}events.enabled = false\n", encoding="utf-8")
    assert not [argument for argument in demo_command(tmp_path) if "EVENTS" in argument]


def test_the_demo_has_the_event_bus_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text(f"{PIPELINE}events = {{ enabled = true, event_bus = true }}\n", "utf-8")
    assert "--set=EVENTS_BUS=acme-thumbs" in demo_command(tmp_path)
