"""`./noxw demo`: the instance that `pipeline.toml` describes, on this machine, under its name and with its settings.

The local pipeline knows no config: it takes arguments, and replaces this process.
"""

import os
import sys
from pathlib import Path

from stacks.config.load import ConfigError, load_config
from stacks.engine.environment import format_value
from stacks.engine.processing import processing_settings
from stacks.naming import Names


def demo_command(project: Path, *arguments: str) -> list[str]:
    """Return the command that runs the local pipeline; `arguments` are its own. Raises: ConfigError."""
    config = load_config(project / "pipeline.toml", os.environ)
    settings = {"pipeline_name": config.name, **processing_settings(config)}
    if "storyboard" not in config.thumbnails.model_fields_set:
        # The dashboard scrubs through it.
        settings["thumbnail_storyboard"] = True
    if "poster" not in config.thumbnails.model_fields_set:
        # A person chooses another one there.
        settings["thumbnail_poster"] = True
    if "enabled" not in config.events.model_fields_set or config.events.enabled:
        # Receivers of the demo run on this machine.
        settings |= {"events_enabled": True, "events_allow_private_targets": True}
    if config.events.event_bus:
        settings["events_bus"] = Names(config).event_bus
    given = [f"--set={name.upper()}={format_value(value)}" for name, value in settings.items() if value is not None]
    return [sys.executable, "-m", "services.local", *given, *arguments]


def main() -> None:
    project, *arguments = sys.argv[1:]
    try:
        local = demo_command(Path(project), *arguments)
    except ConfigError as error:
        sys.exit(str(error))
    os.execv(local[0], local)  # noqa: S606 - our own program, without a shell


if __name__ == "__main__":
    main()
