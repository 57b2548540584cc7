"""Settings in force, for people: value, source and meaning of each, without secrets. Pure."""

import re
from typing import Literal

from pydantic import BaseModel, Field

from services.contract.settings.pipeline import ServiceSettings
from services.contract.settings.reference import format_value

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")
"""User and password of an address."""


class SettingValue(BaseModel):
    name: str = Field(description="Environment variable of the setting.", examples=["URL_LIFETIME_S"])
    value: str | None = Field(
        description="Value in force, as an environment variable has it; null if it is unset or a secret.",
        examples=["900"],
    )
    source: Literal["environment", "default"] = Field(
        description="`environment` if a variable sets it, otherwise `default`."
    )
    default: str | None = Field(description="Value without the variable; null if there is none.", examples=["900"])
    description: str = Field(examples=["Minimum lifetime of a presigned URL in seconds."])
    is_secret: bool = Field(description="True if the value is a secret, which is never shown.")


class SettingValues(BaseModel):
    """Settings of the process that answers, in the order of docs/settings.md."""

    items: list[SettingValue]


def list_values(settings: ServiceSettings) -> SettingValues:
    """Return all settings of a service with their values."""
    fields = type(settings).model_fields
    return SettingValues(
        items=[
            SettingValue(
                name=name.upper(),
                value=None if (is_secret := "Secret" in str(field.annotation)) else _show(getattr(settings, name)),
                source="environment" if name in settings.model_fields_set else "default",
                default=None if field.is_required() or is_secret else _show(field.get_default()),
                description=field.description or "",
                is_secret=is_secret,
            )
            for name, field in fields.items()
        ]
    )


def _show(value: object) -> str | None:
    return None if value is None else _PASSWORD.sub("***", format_value(value))
