"""The environment of a container, written from the settings class that reads it: the two cannot drift apart."""

from typing import Any

from pydantic import ValidationError
from pydantic_settings import PydanticBaseSettingsSource

from services.contract.settings import ServiceSettings


def container_environment(settings: type[ServiceSettings], **values: Any) -> dict[str, str]:
    """Variables with the given values, in the order of the settings; a value of None is left to its default.

    The whole is validated by the class as the service will validate it, so that a Deployment whose service would refuse
    to start is never synthesized. Values must be known beforehand: Terraform's references are not.

    Raises:
        ValueError: naming every setting that is unknown, missing or wrong.
    """
    unknown = sorted(set(values) - set(settings.model_fields))
    if unknown:
        raise ValueError(f"{settings.__name__} has no {', '.join(unknown)}")
    texts = {name: format_value(values[name]) for name in settings.model_fields if values.get(name) is not None}
    try:
        _alone(settings)(**texts)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc'])) or settings.__name__}: {one['msg']}" for one in error.errors()]
        raise ValueError(f"{settings.__name__} would refuse its environment: {'; '.join(problems)}") from error
    return {name.upper(): text for name, text in texts.items()}


def _alone(settings: type[ServiceSettings]) -> type[ServiceSettings]:
    """The class, blind to the environment of the process that synthesizes."""

    class Alone(settings):  # type: ignore[valid-type, misc]  # a class that is known at run time only
        @classmethod
        def settings_customise_sources(
            cls, _settings: object, init_settings: PydanticBaseSettingsSource, **_: object
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings,)

    return Alone


def format_value(value: Any) -> str:
    """A value as a service reads it from its environment."""
    if isinstance(value, tuple):
        return ",".join(format_value(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
