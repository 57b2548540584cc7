"""The api of the tests of the api, for its client."""

from tests.services.api.conftest import api, own_api, own_place, own_process, place, shared_place

__all__ = ["api", "own_api", "own_place", "own_process", "place", "shared_place"]
