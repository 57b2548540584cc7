"""The dashboard on this machine: find Node.js, build the dashboard if its sources have changed, and start it.

`python -m services.local.dashboard LOG` builds the dashboard of a checkout; a demo of the checkout finds it built.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from services.local.access import web_address
from services.local.errors import LocalError
from services.local.pipeline import Endpoints, LocalPipeline
from services.local.supervisor import Program, Supervisor

SOURCES = Path(__file__).parents[1] / "frontend"
MIN_NODE = (20, 9)
HOW_TO_GET_NODE = (
    f"The dashboard needs Node.js {MIN_NODE[0]}.{MIN_NODE[1]} or newer with npm: install it from your system's "
    "packages or from nodejs.org, and start the demo again."
)

_GENERATED = ("node_modules", ".next", ".build.lock", "next-env.d.ts", "tsconfig.tsbuildinfo")
"""Files and folders that npm, Next.js and tsc create next to the sources."""
_NOT_BUILT = re.compile(r"\.test\.tsx?$")
_LAST_LINES = 12
_START_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Node:
    """Paths of an installed Node.js and its npm."""

    node: str
    npm: str


def find_node() -> Node | None:
    """Return the installed Node.js and npm, or None if one is missing or Node.js is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout  # noqa: S603 - the node that was found
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return Node(node, npm) if found and tuple(map(int, found.groups())) >= MIN_NODE else None


def find_sources(data: Path) -> Path:
    """Return a folder of the sources that a build may write to: the checkout, or a copy of an installed package.

    Installers link a package's files to their cache, so that a build in place would change the cache.
    """
    if (SOURCES.parents[1] / "pyproject.toml").is_file():
        return SOURCES
    copy = data.resolve() / "dashboard"
    if copy.is_dir() and hash_sources(copy) == hash_sources(SOURCES):
        return copy
    for path in copy.iterdir() if copy.is_dir() else ():
        if path.name not in _GENERATED:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns(*_GENERATED), dirs_exist_ok=True)
    # _is_installed compares ages, and files of a package are as old as its build.
    (copy / "package-lock.json").touch()
    return copy


def build_dashboard(node: Node, *, log: Path, progress: Callable[[str], None], sources: Path) -> list[str]:
    """Build the server if it is missing or older than its sources, and return the command that runs it.

    Raises: LocalError if npm or Next.js fails; the message ends with the last lines of their output.
    """
    output = sources / ".next"
    server, stamp = output / "standalone" / "server.js", output / "built-from"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Two demos must not build at the same time; the second one uses the build of the first. The lock is not in
    # `output`, because a build deletes that folder's files.
    with (sources / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hash_sources(sources)
        if server.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return _make_command(node, server)
        stamp.unlink(missing_ok=True)
        if not _is_installed(sources):
            progress("Installing the dashboard's packages (once, about a minute) ...")
            _run_npm([node.npm, "ci"], sources, log)
        progress("Building the dashboard (once, about a minute) ...")
        _run_npm([node.npm, "run", "build"], sources, log)
        output.mkdir(exist_ok=True)
        stamp.write_text(wanted, encoding="utf-8")
    return _make_command(node, server)


def _make_command(node: Node, server: Path) -> list[str]:
    """Return the command of the server, with limits on connections, which Next.js lacks."""
    return [node.node, "--require", str(server.with_name("limits.cjs")), str(server)]


def hash_sources(sources: Path) -> str:
    """Return a SHA-256 in hexadecimal over the names and contents of all files that the build reads."""
    digest = hashlib.sha256()
    for file in sorted(_built_files(sources)):
        digest.update(f"{file.relative_to(sources).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _built_files(sources: Path) -> Iterator[Path]:
    files = (path for path in sources.iterdir() if path.is_file() and path.name not in _GENERATED)
    yield from (path for path in files if not path.name.startswith("."))
    for folder in ("public", "scripts", "src"):
        for path in (sources / folder).rglob("*"):
            if path.is_file() and not _NOT_BUILT.search(path.name):
                yield path


def _is_installed(sources: Path) -> bool:
    """Return True if npm has installed the packages of this lock file: npm keeps a copy of it in node_modules."""
    installed = sources / "node_modules" / ".package-lock.json"
    wanted = sources / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _run_npm(command: list[str], folder: Path, log: Path) -> None:
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "NODE_ENV": "production"}
    if command[1] == "ci":
        del environment["NODE_ENV"]  # npm would not install the build tools
    with log.open("w", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        file.flush()
        status = subprocess.run(  # noqa: S603 - npm, with our arguments
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, check=False
        )
    if status.returncode != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
        raise LocalError("\n".join([f"The dashboard could not be built: npm {command[1]} failed ({log}).", *lines]))


def make_program(command: Sequence[str], endpoints: Endpoints, *, port: int, log: Path) -> Program:
    """Return the program that serves the built dashboard of a pipeline."""
    return Program(
        name="dashboard",
        component="frontend",
        command=command,
        environment={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "API_BASE_URL": endpoints.api,
            "FRAMES_BASE_URL": endpoints.frames,
            "HOSTNAME": "127.0.0.1",
            "NEXT_TELEMETRY_DISABLED": "1",
            "NODE_ENV": "production",
            "PORT": str(port),
            "STORAGE_ORIGIN": endpoints.aws,
        },
        log=log,
    )


def start_dashboard(
    pipeline: LocalPipeline, command: Sequence[str], supervisor: Supervisor, *, port: int
) -> LocalPipeline:
    """Start the dashboard of a running pipeline, and return the pipeline with the dashboard's address.

    Waits for the dashboard and the api, so that the login link works when it is printed. Raises: LocalError if one of
    them does not answer within 60 s.
    """
    address = web_address(port)
    endpoints = replace(pipeline.endpoints, dashboard=address)
    log = pipeline.data / "logs" / "dashboard.log"
    supervisor.add(make_program(command, endpoints, port=port, log=log))
    until = time.monotonic() + _START_TIMEOUT_S
    for name, url in (("api", endpoints.api), ("dashboard", address)):
        while not _is_up(url):
            if time.monotonic() > until:
                raise LocalError(f"The {name} does not start: see {log.with_name(f'{name}.log')}.")
            time.sleep(0.1)
    endpoints.write(pipeline.data)
    return replace(pipeline, endpoints=endpoints)


def login_link(endpoints: Endpoints) -> str:
    """Return a link that logs in to the dashboard or else the api. The token follows a #, so no log contains it."""
    token = Path(endpoints.token_file).read_text(encoding="ascii")
    return f"{endpoints.dashboard or endpoints.api}/login#token={token}"


def _is_up(url: str) -> bool:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def main() -> None:
    """Build the dashboard. Exit with a message if Node.js is missing or the build fails."""
    node = find_node()
    if node is None:
        sys.exit(HOW_TO_GET_NODE)
    try:
        build_dashboard(node, log=Path(sys.argv[1]), progress=print, sources=SOURCES)
    except LocalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
