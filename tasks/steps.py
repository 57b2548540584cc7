"""Steps that several sessions share: install what a session needs, and run its program."""

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).parents[1]
FRONTEND = ROOT / "services" / "frontend"


def find_npm(session: nox.Session) -> Callable[..., object]:
    """Return a function that runs npm without Next.js' telemetry; skip the session if npm is missing."""
    if not shutil.which("npm"):
        session.skip("the dashboard needs Node.js 20.9 or newer with npm, from your system or from nodejs.org")
    return partial(session.run, "npm", external=True, env={"NEXT_TELEMETRY_DISABLED": "1"})


def run_playwright(session: nox.Session, project: str, *arguments: str) -> None:
    """Run a Playwright project; Playwright starts a demo with the session's Python."""
    npm = find_npm(session)
    # The headless shell has no toolbar, which Chromium draws for each page: half of the CPU time of a short test.
    shell = ("chromium-headless-shell",) if project == "e2e" else ()
    names = (*shell, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        session.skip("no Chromium was found: install it (on Debian and Ubuntu: apt install chromium)")
    install(session, "local")
    session.env.update({"E2E_CHROMIUM": str(chromium), "E2E_PYTHON": str(Path(session.bin) / "python")})
    with session.chdir(FRONTEND):
        if not (FRONTEND / "node_modules").is_dir():
            npm("ci")
        npm("run", "e2e", "--", f"--project={project}", *arguments)


def install(session: nox.Session, *names: str) -> None:
    for name in names:
        session.install("--quiet", "--require-hashes", "-r", f"requirements/{name}.txt")


def install_tool(session: nox.Session, name: str, *, program: str | None = None) -> str:
    """Install `requirements/<name>.txt` into an environment of its own, because its pins conflict with others.

    Return the path of the program, which has the same name unless `program` says otherwise.
    """
    environment = Path(session.virtualenv.location).with_name(f"tool-{name}")
    if not environment.exists():
        session.run("uv", "venv", "--quiet", str(environment), external=True, silent=True)
    install = ("uv", "pip", "install", "--quiet", "--require-hashes", f"--python={environment}")
    session.run(*install, f"--requirements=requirements/{name}.txt", external=True)
    return str(environment / "bin" / (program or name))


def install_evaluator(session: nox.Session) -> None:
    """Install the npm package that evaluates policies (docs/decisions/0009-iam-simulate-for-rights.md)."""
    if shutil.which("npm") and not (ROOT / "node_modules" / "@cloud-copilot").exists():
        # Not cdktf-cli: nothing here needs its 570 packages.
        session.run("npm", "ci", "--omit=dev", "--ignore-scripts", "--silent", external=True)


def run_test_module(session: nox.Session, module: str) -> None:
    install(session, "test")
    run_module(session, module, *session.posargs)


def run_deploy_command(session: nox.Session, command: str) -> None:
    install(session, "stacks")
    # After Ctrl-C, wait for Terraform, which finishes what it is doing; nox would end it after half a second.
    run_module(session, "stacks.deploy", "--project", str(ROOT), command, *session.posargs, interrupt_timeout=None)


def run_module(session: nox.Session, module: str, *arguments: str, interrupt_timeout: float | None = 0.3) -> None:
    """Run one of our modules in the caller's folder, so that relative paths are relative to it.

    If it fails, end with its exit status: nox would make 1 of each.
    """
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    try:
        session.run("python", "-m", module, *arguments, env={"PYTHONPATH": path}, interrupt_timeout=interrupt_timeout)
    except CommandFailed as error:
        sys.exit(error.return_code or 1)
