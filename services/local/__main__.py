"""Run the pipeline on this machine, with sample videos or your own."""

import argparse
import gc
import signal
import sys
from pathlib import Path
from types import FrameType

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from services.aws.errors import AwsError
from services.local import demo
from services.local.embedded_aws.handle import EmbeddedAwsError
from services.local.errors import FULL, LocalError
from services.local.samples import SampleError


def main() -> int:
    arguments = _parse_arguments()
    signal.signal(signal.SIGTERM, _handle_signal)
    signal.signal(signal.SIGINT, _handle_signal)
    options = demo.DemoOptions(
        data=arguments.data,
        settings=dict(arguments.settings),
        files=tuple(arguments.upload),
        once=arguments.once,
        workers=arguments.workers,
        aws_port=arguments.aws_port,
    )
    try:
        return demo.run_demo(options, Console(highlight=False))
    except (LocalError, EmbeddedAwsError, SampleError) as error:
        return _print_failure(str(error))
    except (AwsError, Boto3Error, BotoCoreError, ClientError) as error:
        return _print_failure(f"The embedded AWS failed ({error}): start the demo again.")
    except OSError as error:
        if error.errno not in FULL:
            raise
        return _print_failure(
            f"The disk with {arguments.data.absolute()} is full: free some space, and start the demo again."
        )
    except KeyboardInterrupt:
        return 130


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./noxw demo", description=__doc__)
    parser.add_argument(
        "--once", action="store_true", help="stop when all videos are processed; exit with 0 if all are done"
    )
    parser.add_argument(
        "--upload",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE",
        help="upload these videos instead of the samples, also to a demo that is running",
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=demo.DEFAULT_DATA,
        metavar="DIR",
        help="folder of all data (default: %(default)s)",
    )
    parser.add_argument(
        "--workers", type=int, choices=range(1, 17), default=2, metavar="N", help="1 to 16 (default: %(default)s)"
    )
    parser.add_argument(
        "--aws-port",
        type=int,
        choices=range(1, 65536),
        metavar="PORT",
        help="port of the embedded AWS (default: a free one)",
    )
    parser.add_argument(
        "--set",
        type=_parse_setting,
        action="append",
        default=[],
        dest="settings",
        metavar="NAME=VALUE",
        help="set a setting of the services (docs/settings.md lists them); may be given more than once",
    )
    return parser.parse_args()


def _print_failure(text: str) -> int:
    Console(stderr=True, highlight=False).print(f"[red]{escape(text)}[/]")
    return 1


def _parse_setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text}: a setting is given as NAME=VALUE")
    return name, value


def _handle_signal(_number: int, _frame: FrameType | None) -> None:
    # The processes are being stopped now. A second Ctrl-C would leave some of them running.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    # Modules stay: without them, collections of garbage, also that at the end, have little to visit.
    gc.freeze()
    sys.exit(main())
