"""Hook of schemathesis: each request comes from another address, and writes whole numbers without a point.

Wrong tokens are among the requests, and the limit on those is not the point. In JSON Schema 307.0 is an integer; the
api refuses it, as no client writes it.
"""

import gc
import itertools
from typing import Any

import schemathesis
from schemathesis import Case, HookContext

# Not after each 700 new objects: the search for garbage took a tenth of the CPU time.
gc.freeze()
gc.set_threshold(50_000, 20, 100)

_MAX_EXACT = 2**53

_numbers = itertools.count()


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    number = next(_numbers)
    case.headers["X-Forwarded-For"] = f"10.0.{number // 250}.{number % 250}"
    case.body = _without_points(case.body)


def _without_points(value: Any) -> Any:
    match value:
        case float() if value.is_integer() and abs(value) < _MAX_EXACT:
            return int(value)
        case list():
            return [_without_points(one) for one in value]
        case dict():
            return {name: _without_points(one) for name, one in value.items()}
        case _:
            return value
