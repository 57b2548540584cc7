"""Hook of schemathesis: each request comes from another address.

Wrong tokens are among the requests, and the limit on those is not the point.
"""

import itertools
from typing import Any

import schemathesis
from schemathesis import Case, HookContext

_numbers = itertools.count()


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    number = next(_numbers)
    case.headers["X-Forwarded-For"] = f"10.0.{number // 250}.{number % 250}"
