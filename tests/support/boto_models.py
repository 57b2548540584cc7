"""Keep the models of AWS that botocore reads for a process, instead of for each session of boto3."""

from collections.abc import Callable
from typing import Any

from botocore.client import ClientCreator
from botocore.loaders import Loader
from botocore.model import ServiceModel

_caches: dict[tuple[object, ...], dict[Any, Any]] = {}
_methods: dict[tuple[str, str], dict[str, Any]] = {}


def keep_models() -> None:
    """Read each model and the folders of models once, and make the methods of a service's clients once.

    All sessions share what the clients of one session share. botocore changes a model only as for each client: it takes
    the bucket out of the paths of S3.
    """
    # Private methods, which botocore's type stubs do not have.
    for owner, name, keep in (
        (Loader, "__init__", _share_cache),
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


def _keep_methods(make: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def make_once(self: ClientCreator, service_model: ServiceModel) -> dict[str, Any]:
        """Return methods that call the client on which they are called."""
        key = (service_model.service_name, service_model.api_version)
        if key not in _methods:
            _methods[key] = make(self, service_model)
        return dict(_methods[key])

    return make_once
