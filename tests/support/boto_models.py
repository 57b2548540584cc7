"""Keep the models of AWS that botocore reads for a process, instead of for each session of boto3."""

import gc
import pickle
from collections.abc import Callable, Hashable
from typing import Any

from botocore.client import ClientCreator
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel

_load_file = JSONFileLoader.load_file
_list_services = Loader.list_available_services
_pickled: dict[str, bytes | None] = {}
_services: dict[tuple[str, ...], list[str]] = {}
_folders: dict[Hashable, list[str]] = {}
_methods: dict[tuple[str, str], dict[str, Any]] = {}


def keep_models() -> None:
    """Read each model and the folders of models once, and make the methods of a service's clients once.

    Each session gets a copy of its own of a model, as botocore changes it: a third of the CPU time of decoding.
    """
    JSONFileLoader.load_file = _copy_file  # type: ignore[method-assign]
    Loader.list_available_services = _keep_services  # type: ignore[method-assign]
    # Private methods, which botocore's type stubs do not have.
    for owner, name, keep in (
        (Loader, "_potential_locations", _keep_folders),
        (ClientCreator, "_create_methods", _keep_methods),
    ):
        setattr(owner, name, keep(getattr(owner, name)))


def _copy_file(self: JSONFileLoader, file_path: str) -> Any:
    if file_path not in _pickled:
        model = _load_file(self, file_path)
        _pickled[file_path] = None if model is None else pickle.dumps(model, pickle.HIGHEST_PROTOCOL)
    pickled = _pickled[file_path]
    if pickled is None:
        return None
    # A model has a million objects and no cycle: collections while they are made would find nothing.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return pickle.loads(pickled)  # noqa: S301 - pickled by this process
    finally:
        if was_enabled:
            gc.enable()


def _keep_services(self: Loader, type_name: str) -> list[str]:
    key = (*self.search_paths, type_name)
    if key not in _services:
        _services[key] = _list_services(self, type_name)
    return list(_services[key])


def _keep_folders(find: Callable[..., Any]) -> Callable[..., Any]:
    def find_once(self: Loader, *arguments: Hashable, **named: Hashable) -> Any:
        key = (*self.search_paths, arguments, *named.items())
        if key not in _folders:
            _folders[key] = list(find(self, *arguments, **named))
        return iter(_folders[key])

    return find_once


def _keep_methods(make: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def make_once(self: ClientCreator, service_model: ServiceModel) -> dict[str, Any]:
        """Return methods that call the client on which they are called."""
        key = (service_model.service_name, service_model.api_version)
        if key not in _methods:
            _methods[key] = make(self, service_model)
        return dict(_methods[key])

    return make_once
