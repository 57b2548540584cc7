"""Source of the log lines, as the settings choose it."""

from typing import Protocol

from services.api.logs.files import LogFiles
from services.api.logs.lines import LogQuery, Reading
from services.contract.settings.api import ApiSettings


class LogSource(Protocol):
    def read(self, question: LogQuery) -> Reading:
        """Return the newest lines that match. Raises: ServiceError, OSError."""


def choose_log_source(settings: ApiSettings) -> LogSource | None:
    """Return the source of the settings, None if they name none."""
    if settings.log_group:
        # Imported only in this case: boto3 loads the description of the service.
        from services.api.logs.cloudwatch import CloudWatchLogs  # noqa: PLC0415

        return CloudWatchLogs(settings.aws_region, settings.log_group)
    return LogFiles(settings.log_folder) if settings.log_folder else None
