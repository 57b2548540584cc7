"""Source of pods on one machine: the file of processes that a local supervisor writes."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from services.api.live.sources.source import LiveSourceError
from services.contract.pods import Pod, PodsFile

_OLD_AFTER_S = 15


class PodsFromFile:
    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> list[Pod]:
        """Read the processes. Raises: LiveSourceError if the file is missing or too old."""
        try:
            written = PodsFile.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError) as error:
            raise LiveSourceError("The supervisor's file of processes cannot be read.") from error
        age_s = (datetime.now(UTC) - written.written_at).total_seconds()
        if age_s > _OLD_AFTER_S:
            raise LiveSourceError(f"The supervisor has not written its processes for {age_s:.0f} s.")
        return list(written.pods)

    def close(self) -> None:
        pass
