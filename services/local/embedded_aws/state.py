"""Queues with their messages, notifications and tables, in one file that is replaced atomically.

ministack saves each service to its own file, and only when it stops. One file for all, because a kill between two files
could delete a message without writing the record of its video.
"""

import asyncio
import contextlib
import importlib
import io
import logging
import pickle
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from services.local.embedded_aws.disk import Disk, replace_files
from services.local.embedded_aws.gateway import Gateway

SAVE_EVERY_S: Final = 2.0
_BLOCKED_SHARE: Final = 0.2
"""Largest share of the time in which no request is answered because the state is pickled."""
_SERVICES: Final = ("s3", "sqs", "dynamodb")
_VERSION: Final = version("ministack")
_NO_COPY: Final = SimpleNamespace(deepcopy=lambda value: value)

_log = logging.getLogger(__name__)


class StateFile:
    """File with a pickle of `{"ministack": version, "services": {service: result of its get_state}}`.

    Pickle instead of ministack's JSON: 10,000 messages take 10 ms instead of 70 on the event loop, where nothing else
    changes the state.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._saved = self._read_file()

    def load_service(self, service: str) -> Any:
        """Return the saved state of a service, or None. ministack calls this in place of its own `load_state`."""
        state = self._saved.pop(service, None)
        if service == "sqs" and state:
            _return_in_flight(state["queues"])
        return state

    async def keep_saved(self, gateway: Gateway, stopped: asyncio.Event) -> None:
        """Save every two seconds if the state may have changed, and once more after `stopped`.

        A large state on a busy machine is saved less often.
        """
        pause_s = SAVE_EVERY_S
        while not stopped.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), timeout=pause_s)
            if gateway.changed:
                gateway.changed = False
                begun = time.monotonic()
                try:
                    pickled = _pickle_state()
                    pause_s = find_pause_s(time.monotonic() - begun)
                    await asyncio.to_thread(self._write_file, pickled)
                except OSError as error:
                    self._disk.report_failure(error)
                    gateway.changed = gateway.is_read_only = True
                except Exception:  # noqa: BLE001 - logged and tried again
                    _log.exception("The state could not be saved.")
                    gateway.changed = True
                else:
                    self._disk.report_success()
                    gateway.is_read_only = False

    def _write_file(self, pickled: bytes) -> None:
        replace_files((self._path, pickled), to_disk=True)

    def _read_file(self) -> dict[str, Any]:
        try:
            saved = pickle.loads(self._path.read_bytes())  # noqa: S301 - our own file, in the user's own folder
        except FileNotFoundError:
            return {}
        except Exception:  # noqa: BLE001 - a pickle of classes that have moved can raise anything
            saved = {}
        if saved.get("ministack") == _VERSION:
            services: dict[str, Any] = saved["services"]
            return services
        aside = self._path.with_name(f"{self._path.name}.old")
        self._path.replace(aside)
        _log.warning("Another version of ministack saved the state: it is renamed to %s.", aside)
        return {}


def find_pause_s(blocked_s: float) -> float:
    """Return the pause after a save that has blocked all requests for `blocked_s`."""
    return max(SAVE_EVERY_S, blocked_s * (1 - _BLOCKED_SHARE) / _BLOCKED_SHARE)


def _pickle_state() -> bytes:
    services = {name: _state_without_copy(importlib.import_module(f"ministack.services.{name}")) for name in _SERVICES}
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # no memo, which trees do not need: 10,000 records take 60 ms and not 230
    pickler.dump({"ministack": _VERSION, "services": services})
    return buffer.getvalue()


def _state_without_copy(module: ModuleType) -> Any:
    """Return a module's state without the deep copy of `get_state`, which takes 1.5 s for 10,000 records."""
    original, module.copy = module.copy, _NO_COPY  # type: ignore[attr-defined]
    try:
        return module.get_state()
    finally:
        module.copy = original  # type: ignore[attr-defined]


def _return_in_flight(queues: Any) -> None:
    """Make received messages visible again: their receivers are gone, or can still use their handles.

    Their receive count stays, as it does in SQS when a worker dies.
    """
    now = time.time()
    for queue in queues.to_dict().values():
        for message in queue["messages"]:
            if message["receive_count"]:
                message["visible_at"] = min(message["visible_at"], now)
