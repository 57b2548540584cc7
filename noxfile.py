"""Every task of the project is a session here: `./noxw --list`."""

import os
from pathlib import Path

import nox

ROOT = Path(__file__).parent

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "test"]

# What is compiled into requirements/, for whom: the options that uv takes it by.
REQUIREMENTS = {
    # First, as the others keep to its versions: the worker's image runs what the tests have run.
    "test": ["pyproject.toml", "--extra=local", "--group=test"],
    "local": ["pyproject.toml", "--extra=local"],
    "worker": ["pyproject.toml", "--extra=worker"],
    "types": ["pyproject.toml", "--extra=local", "--group=types", "--group=nox"],
    "lint": ["--group=lint"],
    "nox": ["--group=nox"],
    "bench": ["--group=bench"],
}


@nox.session
def demo(session: nox.Session) -> None:
    """Run the pipeline on this machine: -- [--once] [--upload FILE...] [--data DIR]; Ctrl-C ends it."""
    _install(session, "local")
    _run_from_here(session, "services.local", *session.posargs)


@nox.session
def extract(session: nox.Session) -> None:
    """Take thumbnails of local files: -- VIDEO... --output DIR [--json]."""
    _install(session, "worker")
    _run_from_here(session, "services.worker", "extract", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and who imports whom: ruff and import-linter; -- --fix mends what it can."""
    _install(session, "lint")
    if "--fix" in session.posargs:
        session.run("ruff", "check", "--fix", ".")
        session.run("ruff", "format", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", env={"PYTHONPATH": str(ROOT)})


@nox.session
def types(session: nox.Session) -> None:
    """Check the types: mypy, strict."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests: -- takes pytest's own arguments."""
    _install(session, "test")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, compare with a peer, and print a table: -- extraction [--long] [--rounds N]."""
    _install(session, "test")
    _install(session, "bench")
    name, *arguments = session.posargs or ["extraction"]
    _run_from_here(session, f"benchmarks.{name}", *arguments)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Damage videos at random, and show them to the parsers and to a real child: -- --minutes N."""
    _install(session, "test")
    _run_from_here(session, "tests.fuzz", *session.posargs)


@nox.session(default=False)
def generate(session: nox.Session) -> None:
    """Write anew what is made from the code: docs/settings.md."""
    _install(session, "worker")
    page = session.run("python", "-m", "services.contract.reference", silent=True)
    (ROOT / "docs" / "settings.md").write_text(str(page), encoding="utf-8")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Compile requirements/ anew from pyproject.toml: -- --upgrade takes the newest versions."""
    for name, selection in REQUIREMENTS.items():
        target = f"requirements/{name}.txt"
        constraint = [] if name == "test" else ["--constraints=requirements/test.txt"]
        session.run(
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version=3.11",
            "--generate-hashes",
            "--no-emit-index-url",
            "--no-annotate",
            "--custom-compile-command=./noxw -s lock",
            f"--output-file={target}",
            *selection,
            *constraint,
            *session.posargs,
            external=True,
        )


def _install(session: nox.Session, name: str) -> None:
    session.install("--quiet", "--require-hashes", "-r", f"requirements/{name}.txt")


def _run_from_here(session: nox.Session, module: str, *arguments: str) -> None:
    """Runs a module of ours in the folder that nox was called from, so that paths mean what the caller means."""
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    session.run("python", "-m", module, *arguments, env={"PYTHONPATH": path})
