"""Settings of every service: read from the environment once, validated as a whole, frozen.

Field names are the environment variables in lower case. The stacks write a Deployment's environment from these classes,
so that it always fits the service.
"""

from services.contract.settings.api import ApiSettings
from services.contract.settings.frames import FramesSettings
from services.contract.settings.pipeline import PipelineSettings, Port, ServiceSettings, SettingsError
from services.contract.settings.worker import FrontendSettings, WorkerSettings

__all__ = [
    "ApiSettings",
    "FramesSettings",
    "FrontendSettings",
    "PipelineSettings",
    "Port",
    "ServiceSettings",
    "SettingsError",
    "WorkerSettings",
]
