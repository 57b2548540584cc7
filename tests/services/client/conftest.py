"""The api of the tests of the api, for its client."""

from tests.services.api.conftest import api, shared_place

__all__ = ["api", "shared_place"]
