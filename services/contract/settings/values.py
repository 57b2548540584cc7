"""Settings in force, for people: value, source and meaning of each, without secrets. Pure.

`python -m services.contract.settings.values` prints those of the frontend with their defaults, which its server reads.
"""

import json
import re
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from services.contract.settings.pipeline import ServiceSettings
from services.contract.settings.reference import format_value
from services.contract.settings.worker import FrontendSettings

Service = Literal["api", "worker", "frames"]

SETTINGS_PREFIX = "settings:"
"""Prefix of the items of the videos table in which worker and frames publish their settings."""

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")
"""User and password of an address."""

_PER_PROCESS = frozenset({"worker_name"})
"""Settings that each process has a value of its own for: processes are compared without them."""


class SettingValue(BaseModel):
    name: str = Field(description="Environment variable of the setting.", examples=["URL_LIFETIME_S"])
    value: str | None = Field(
        description="Value in force, as an environment variable has it; null if it is unset, a secret, or another one "
        "in each process.",
        examples=["900"],
    )
    source: Literal["environment", "default"] = Field(
        description="`environment` if a variable sets it, otherwise `default`."
    )
    default: str | None = Field(description="Value without the variable; null if there is none.", examples=["900"])
    description: str = Field(examples=["Minimum lifetime of a presigned URL in seconds."])
    is_secret: bool = Field(description="True if the value is a secret, which is never shown.")
    is_per_process: bool = Field(
        default=False, description="True if each process has a value of its own, such as its name; none is shown."
    )


class SettingsVariant(BaseModel):
    """Settings of all processes of a service that have one version and the same values."""

    version: str = Field(description="Version of the processes.", examples=["0.1.0"])
    seen_at: AwareDatetime = Field(description="Time at which one of these processes last reported that it runs.")
    items: list[SettingValue] = Field(description="Every setting, in the order of docs/settings.md.")


class SettingsOfService(BaseModel):
    service: Service
    is_running: bool = Field(
        description="True if a process of the service has reported in the last five minutes; the api always has."
    )
    variants: list[SettingsVariant] = Field(
        description="The newest first: one entry, or several while running processes have different versions or "
        "values, such as during a rollout. If no process runs, the last known entry. Empty if no process has "
        "published its settings yet, or if they cannot be read. The api's are those of the process that answers."
    )
    error: str | None = Field(description="Reason why the settings cannot be read; null if they can.")


class SettingsInForce(BaseModel):
    services: list[SettingsOfService] = Field(description="Worker, api and, if there is one, the frames service.")


def settings_key(service: Service) -> str:
    """Return the key of the item of the videos table in which a service publishes its settings."""
    return SETTINGS_PREFIX + service


def list_values(settings: ServiceSettings) -> list[SettingValue]:
    """Return all settings of a service with their values, without secrets and without values of one process only."""
    return [_make_value(settings, name) for name in type(settings).model_fields]


def frontend_definitions() -> str:
    """Return the settings of the frontend as JSON, each with its default as its value."""
    values = list_values(FrontendSettings.model_construct())
    return json.dumps([value.model_dump() for value in values], indent=2) + "\n"


def _make_value(settings: ServiceSettings, name: str) -> SettingValue:
    field = type(settings).model_fields[name]
    is_secret, is_per_process = "Secret" in str(field.annotation), name in _PER_PROCESS
    is_hidden = is_secret or is_per_process
    return SettingValue(
        name=name.upper(),
        value=None if is_hidden else _show(getattr(settings, name)),
        source="environment" if name in settings.model_fields_set else "default",
        default=None if is_hidden or field.is_required() else _show(field.get_default(call_default_factory=True)),
        description=field.description or "",
        is_secret=is_secret,
        is_per_process=is_per_process,
    )


def _show(value: object) -> str | None:
    return None if value is None else _PASSWORD.sub("***", format_value(value))


if __name__ == "__main__":
    print(frontend_definitions(), end="")  # noqa: T201 - its output is the file
