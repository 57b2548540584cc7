"""The dashboard on this machine: found Node.js, built when its sources have changed, and how to run it."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
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
OLDEST_NODE = (20, 9)
HOW_TO_GET_NODE = (
    f"The dashboard needs Node.js {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer with npm: install it from your system's "
    "packages or from nodejs.org, and start the demo again."
)

_MADE = ("node_modules", ".next", ".build.lock", "next-env.d.ts")
"""What npm and Next.js put beside the sources."""
_NOT_BUILT = re.compile(r"\.test\.tsx?$")
_LAST_LINES = 12
_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Node:
    """Node.js as it is installed here, with its npm."""

    node: str
    npm: str


def find_node() -> Node | None:
    """Node.js, if there is one that is new enough, with npm beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout  # noqa: S603 - the node that was found
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return Node(node, npm) if found and tuple(map(int, found.groups())) >= OLDEST_NODE else None


def sources(data: Path) -> Path:
    """The sources, where they can be built: in a checkout where they are; of an installed package, a copy in `data`.

    Installers share a package's files with their cache by hard links, and a build writes to some of them.
    """
    if (SOURCES.parents[1] / "pyproject.toml").is_file():
        return SOURCES
    copy = data.resolve() / "dashboard"
    if copy.is_dir() and fingerprint(copy) == fingerprint(SOURCES):
        return copy
    for path in copy.iterdir() if copy.is_dir() else ():
        if path.name not in _MADE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns(*_MADE), dirs_exist_ok=True)
    # Files of a package are as old as its build, and npm's work is judged by the age of this one.
    (copy / "package-lock.json").touch()
    return copy


def build(node: Node, *, log: Path, progress: Callable[[str], None], sources: Path) -> list[str]:
    """The command that runs the server, which is built if it is not there or the sources have changed since.

    Raises: LocalError if npm or Next.js fail; the message ends with the last lines that they said.
    """
    output = sources / ".next"
    server, stamp = output / "standalone" / "server.js", output / "built-from"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Two demos must not build at the same time; the second finds what the first has built. Not in `output`: a build
    # empties that, and whoever comes then would lock another file.
    with (sources / ".build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint(sources)
        if server.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return _command(node, server)
        stamp.unlink(missing_ok=True)
        if not _is_installed(sources):
            progress("Installing the dashboard's packages (once, about a minute) ...")
            _run([node.npm, "ci"], sources, log)
        progress("Building the dashboard (once, about a minute) ...")
        _run([node.npm, "run", "build"], sources, log)
        output.mkdir(exist_ok=True)
        stamp.write_text(wanted, encoding="utf-8")
    return _command(node, server)


def _command(node: Node, server: Path) -> list[str]:
    """The server with its limits of connections, which Next.js does not have."""
    return [node.node, "--require", str(server.with_name("limits.cjs")), str(server)]


def fingerprint(sources: Path) -> str:
    """Changes when anything changes that the build is made from."""
    digest = hashlib.sha256()
    for file in sorted(_built_files(sources)):
        digest.update(f"{file.relative_to(sources).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _built_files(sources: Path) -> Iterator[Path]:
    files = (path for path in sources.iterdir() if path.is_file() and path.name not in _MADE)
    yield from (path for path in files if not path.name.startswith("."))
    for folder in ("public", "scripts", "src"):
        for path in (sources / folder).rglob("*"):
            if path.is_file() and not _NOT_BUILT.search(path.name):
                yield path


def _is_installed(sources: Path) -> bool:
    """Whether npm has installed just what the lock file says: it keeps a copy of that in node_modules."""
    installed = sources / "node_modules" / ".package-lock.json"
    wanted = sources / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _run(command: list[str], folder: Path, log: Path) -> None:
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "NODE_ENV": "production"}
    if command[1] == "ci":
        del environment["NODE_ENV"]  # it would leave out what builds
    with log.open("w", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        file.flush()
        status = subprocess.run(  # noqa: S603 - npm, with our arguments
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, check=False
        )
    if status.returncode != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
        raise LocalError("\n".join([f"The dashboard could not be built: npm {command[1]} failed ({log}).", *lines]))


def program(command: Sequence[str], *, port: int, api: str, storage: str, log: Path) -> Program:
    """How to run what was built. `api` and `storage` are the addresses of the api and of S3."""
    return Program(
        name="dashboard",
        component="frontend",
        command=command,
        environment={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "API_BASE_URL": api,
            "HOSTNAME": "127.0.0.1",
            "NEXT_TELEMETRY_DISABLED": "1",
            "NODE_ENV": "production",
            "PORT": str(port),
            "STORAGE_ORIGIN": storage,
        },
        log=log,
    )


def show(pipeline: LocalPipeline, command: Sequence[str], supervisor: Supervisor, *, port: int) -> LocalPipeline:
    """Add the dashboard to a pipeline that runs, and return the pipeline with its address.

    Waits for the api as well: a login link is good from the moment at which it is printed. Raises: LocalError if one of
    the two does not answer soon.
    """
    address = web_address(port)
    endpoints = replace(pipeline.endpoints, dashboard=address)
    log = pipeline.data / "logs" / "dashboard.log"
    supervisor.add(program(command, port=port, api=endpoints.api, storage=endpoints.aws, log=log))
    until = time.monotonic() + _START_TIMEOUT_S
    for name, url in (("api", endpoints.api), ("dashboard", address)):
        while not _answers(url):
            if time.monotonic() > until:
                raise LocalError(f"The {name} does not start: see {log.with_name(f'{name}.log')}.")
            time.sleep(0.1)
    endpoints.write(pipeline.data)
    return replace(pipeline, endpoints=endpoints)


def login_link(endpoints: Endpoints) -> str:
    """Opens the dashboard, or without one the api's own page, logged in. The token is behind the #: no log sees it."""
    token = Path(endpoints.token_file).read_text(encoding="ascii")
    return f"{endpoints.dashboard or endpoints.api}/login#token={token}"


def _answers(url: str) -> bool:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
