"""`python -m services.client`: the commands that talk to a pipeline, such as `./noxw upload`."""

import os
import sys
from collections.abc import Sequence

import httpx

from services.client.client import TIMEOUT, Client
from services.client.commands import run_command
from services.client.models import PipelineError
from services.client.parser import make_parser
from services.client.processing import run_processing
from services.client.reconcile import run_reconcile
from services.client.target import TOKEN_VARIABLE, UsageError, find_target

_UNAUTHORIZED = 401


def main(given: Sequence[str]) -> int:
    arguments = make_parser().parse_args(given)
    try:
        target = find_target(url=arguments.url, token=arguments.token, data=arguments.data, environment=os.environ)
        http = httpx.Client(timeout=TIMEOUT, trust_env=not target.is_local)
        with Client(target.url, target.token, http=http) as client:
            if arguments.command == "reconcile":
                return run_reconcile(arguments, client)
            if arguments.command == "processing":
                return run_processing(arguments, client)
            return run_command(arguments, client)
    except UsageError as error:
        return _print_error(str(error), status=2)
    except PipelineError as error:
        hint = f" Give a token with --token or {TOKEN_VARIABLE}." if error.status == _UNAUTHORIZED else ""
        return _print_error(f"{error}{hint}", status=1)
    except KeyboardInterrupt:
        return 130


def _print_error(text: str, *, status: int) -> int:
    print(text.encode(errors="replace").decode(), file=sys.stderr)  # noqa: T201 - output of the command
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
