"""Source of pods, as the settings choose it."""

from collections.abc import Callable
from typing import Protocol

from services.api.live.sources.pods_file import PodsFromFile
from services.contract.pods import Pod
from services.contract.settings.api import ApiSettings


class PodsSource(Protocol):
    def read(self) -> list[Pod]:
        """Return the pods. Raises: LiveSourceError."""

    def close(self) -> None: ...


class NoPods:
    def read(self) -> list[Pod]:
        return []

    def close(self) -> None:
        pass


def choose_pods_source(settings: ApiSettings, changed: Callable[[], None]) -> PodsSource:
    """Return the source of pods of the settings. It may call `changed` in any thread when pods have changed."""
    if settings.pods_source == "file" and settings.pods_file is not None:
        return PodsFromFile(settings.pods_file)
    if settings.pods_source == "kubernetes":
        # Imported only in this case: the client takes 40 MB.
        from services.api.live.sources.pods_kubernetes import PodsFromKubernetes  # noqa: PLC0415

        return PodsFromKubernetes(settings.worker_namespace, changed)
    return NoPods()
