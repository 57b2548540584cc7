"""Keep the models of AWS that botocore reads for a process, instead of for each session of boto3."""

import pickle
from collections.abc import Callable
from typing import Any

from botocore.client import ClientCreator
from botocore.loaders import Loader
from botocore.model import ServiceModel

_caches: dict[tuple[object, ...], dict[Any, Any]] = {}
_methods: dict[tuple[str, str], dict[str, Any]] = {}


def keep_models() -> None:
    """Read each model and the folders of models once, and make the methods of a service's clients once.

    Each session gets a copy of its own of the model of S3: botocore takes the bucket out of its paths for a client.
    """
    # Private methods, which botocore's type stubs do not have.
    for owner, name, keep in (
        (Loader, "__init__", _share_cache),
        (Loader, "load_service_model", _copy_s3),
        (ClientCreator, "_create_methods", _keep_methods),
    ):
        setattr(owner, name, keep(getattr(owner, name)))


def _share_cache(initialize: Callable[..., None]) -> Callable[..., None]:
    def initialize_and_share(self: Any, extra_search_paths: list[str] | None = None, **options: Any) -> None:
        # moto's loader adds to the models.
        key = (type(self), *(extra_search_paths or ()))
        initialize(self, extra_search_paths, **options)
        self._cache = _caches.setdefault(key, {})

    return initialize_and_share


def _copy_s3(load: Callable[..., Any]) -> Callable[..., Any]:
    def load_and_copy(self: Any, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if service_name != "s3":
            return load(self, service_name, type_name, api_version)
        copies = vars(self).setdefault("_copies_of_s3", {})
        key = (type_name, api_version)
        if key not in copies:
            # Faster than a deep copy.
            copies[key] = pickle.loads(pickle.dumps(load(self, service_name, type_name, api_version)))  # noqa: S301
        return copies[key]

    return load_and_copy


def _keep_methods(make: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def make_once(self: ClientCreator, service_model: ServiceModel) -> dict[str, Any]:
        """Return methods that call the client on which they are called."""
        key = (service_model.service_name, service_model.api_version)
        if key not in _methods:
            _methods[key] = make(self, service_model)
        return dict(_methods[key])

    return make_once
