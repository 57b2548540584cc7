"""`python -m services.local.embedded_aws --data DIR`: the embedded AWS until SIGTERM.

It prints the JSON line `{"endpoint": "http://127.0.0.1:PORT"}` when it is ready, and `{"warning": "..."}` when its disk
is full and when it has room again. Everything else goes to standard error.
"""

import argparse
import gc
import os
import sys
from pathlib import Path

from services.local.embedded_aws.environment import isolate_environment


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.local.embedded_aws", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder for objects and state")
    parser.add_argument("--port", type=int, help="the port (default: a free one)")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    parser.add_argument("--account", help="serve every AWS service, in this account (default: those of the pipeline)")
    parser.add_argument("--region", help="the default region")
    arguments = parser.parse_args()

    ready = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    isolate_environment(arguments.data.resolve(), account=arguments.account, region=arguments.region)
    from services.local.embedded_aws import server  # noqa: PLC0415 - ministack reads its settings when imported

    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    try:
        server.run_server(
            arguments.data.resolve(), ready, port=arguments.port, exit_with_parent=arguments.exit_with_parent
        )
    except BlockingIOError:
        sys.exit(f"Another embedded AWS serves from {arguments.data}.")
    except server.PortTakenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
