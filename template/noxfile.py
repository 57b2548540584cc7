"""Every task of this instance is a session here: `./noxw --list`. What they do is thumbnail-pipeline's, at its version.

What you add goes below the last of them, or into a file of your own: updates merge this one.
"""

import os
from pathlib import Path

import nox

ROOT = Path(__file__).parent

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "test", "synth"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format with ruff; -- --fix mends what it can."""
    _install(session, "checks")
    if "--fix" in session.posargs:
        session.run("ruff", "check", "--fix", ".")
        session.run("ruff", "format", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def test(session: nox.Session) -> None:
    """Run this instance's tests: -- takes pytest's own arguments."""
    _install(session, "stacks", "checks", "team")
    session.run("python", "-m", "pytest", *(session.posargs or ["tests"]))


@nox.session
def synth(session: nox.Session) -> None:
    """Synthesize the stacks into cdktf.out."""
    _install(session, "stacks", "team")
    session.run("python", "-m", "stacks.engine.warm")
    session.run("python", "main.py")


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Run this instance on this machine: -- [--once] [--upload FILE...] [--data DIR]; Ctrl-C ends it."""
    _install(session, "local")
    _run(session, "stacks.instance.demo", str(ROOT), *session.posargs)


@nox.session(default=False)
def config(session: nox.Session) -> None:
    """Check pipeline.toml, and print what is in force: -- [FILE]."""
    _install(session, "stacks")
    _run(session, "stacks.config.command", *session.posargs)


@nox.session(default=False)
def cost(session: nox.Session) -> None:
    """Estimate a month's bill: -- [--videos N] [--video-mb MB]."""
    _operate(session, "cost")


@nox.session(default=False)
def images(session: nox.Session) -> None:
    """Build the services' images and push them to ECR: -- --tag 1.0.5."""
    _operate(session, "images")


@nox.session(default=False)
def diff(session: nox.Session) -> None:
    """Show what a deployment would change: -- [STACK...]."""
    _operate(session, "diff")


@nox.session(default=False)
def deploy(session: nox.Session) -> None:
    """Deploy a stack, or what is left of all: -- bootstrap|core|workloads|dns|monitoring|all [--step 1|2] [--yes]."""
    _operate(session, "deploy")


@nox.session(default=False)
def destroy(session: nox.Session) -> None:
    """Destroy a stack, or all but bootstrap: -- STACK|all [--empty-buckets] [--name NAME] [--yes]."""
    _operate(session, "destroy")


@nox.session(default=False)
def update(session: nox.Session) -> None:
    """Bring this instance to the newest version, your changes kept: -- [--to VERSION] [--pull-request]."""
    _install(session, "template")
    _run(session, "stacks.instance", "update", str(ROOT), *session.posargs)


@nox.session(name="check-update", default=False)
def check_update(session: nox.Session) -> None:
    """Say whether there is a newer version."""
    _install(session, "template")
    _run(session, "stacks.instance", "check-update", str(ROOT))


@nox.session(default=False)
def app(session: nox.Session) -> None:
    """Do what cdktf-cli asks for: cdktf.json names this session."""
    _install(session, "stacks", "team")
    session.run("python", "main.py")


def _install(session: nox.Session, *names: str) -> None:
    """Install the pinned pipeline, the versions with hashes that it was tested with, and the team's requirements."""
    _check_package_names(session)
    session.install("--quiet", "--no-deps", "-r", "requirements/pipeline.txt")
    for name in names:
        if name == "team":
            team = Path("requirements/team.txt").read_text(encoding="utf-8").splitlines()
            if any(line.strip() and not line.startswith("#") for line in team):
                session.install("--quiet", "-r", "requirements/team.txt", "--constraint", _locked(session, "stacks"))
        else:
            session.install("--quiet", "--require-hashes", "-r", _locked(session, name))


def _check_package_names(session: nox.Session) -> None:
    """Stop the session if a folder or module here would hide a package of the pipeline."""
    for name in ("services", "stacks"):
        for path in (ROOT / name, ROOT / f"{name}.py"):
            if path.exists():
                session.error(
                    f"{path} hides the pipeline's package `{name}`, as Python imports from this folder first: "
                    f"rename it, for example to `our_{path.name}`."
                )


def _locked(session: nox.Session, name: str) -> str:
    return str(session.run("python", "-m", "stacks.instance.locked", name, silent=True, log=False)).strip()


def _operate(session: nox.Session, command: str) -> None:
    _install(session, "stacks", "team")
    _run(session, "stacks.deploy", command, *session.posargs)


def _run(session: nox.Session, module: str, *arguments: str) -> None:
    """Runs a module of the pipeline where nox was called from, so that paths mean what the caller means."""
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    session.run("python", "-m", module, *arguments, env={"PYTHONPATH": path})
