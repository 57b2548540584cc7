"""Every task of the project is a session here: `./noxw --list`."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nox
from nox.command import CommandFailed

ROOT = Path(__file__).parent
FRONTEND = ROOT / "services" / "frontend"

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "test"]

# What is compiled into requirements/, for whom: the options that uv takes it by.
REQUIREMENTS = {
    # First, as the others keep to its versions: the worker's image runs what the tests have run.
    "test": ["pyproject.toml", "--extra=local", "--extra=stacks", "--group=test"],
    "local": ["pyproject.toml", "--extra=local"],
    "worker": ["pyproject.toml", "--extra=worker"],
    "api": ["pyproject.toml", "--extra=api"],
    "stacks": ["pyproject.toml", "--extra=stacks"],
    "types": ["pyproject.toml", "--extra=local", "--extra=stacks", "--group=types", "--group=nox"],
    "lint": ["--group=lint"],
    "template": ["pyproject.toml", "--group=template"],
    "checks": ["--group=checks"],
    "checkov": ["--group=checkov"],
    "nox": ["--group=nox"],
    "bench": ["--group=bench"],
}


@nox.session
def demo(session: nox.Session) -> None:
    """Run the pipeline on this machine: -- [--once] [--upload FILE...] [--data DIR]; Ctrl-C ends it."""
    _install(session, "local")
    _run_from_here(session, "stacks.instance.demo", str(ROOT), *session.posargs)


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
    """Run the tests: -- takes pytest's own arguments; without any, frontend and e2e come after them."""
    _install(session, "test")
    arguments = session.posargs or ("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder")
    session.run("pytest", *arguments, env={"CHECKOV": _tool(session, "checkov")})
    if not session.posargs:
        session.notify("frontend")
        session.notify("e2e")


@nox.session(venv_backend="none", default=False)
def frontend(session: nox.Session) -> None:
    """Check the dashboard: npm ci, eslint, types, vitest, build."""
    npm = _npm(session)
    with session.chdir(FRONTEND):
        npm("ci")
        for script in ("lint", "types", "generate:check", "test", "build"):
            npm("run", script)


@nox.session(default=False)
def e2e(session: nox.Session) -> None:
    """Test the dashboard end to end, in Chromium against the demo: -- takes Playwright's own arguments."""
    _play(session, "e2e", *session.posargs)


@nox.session(default=False)
def screenshots(session: nox.Session) -> None:
    """Take the pictures of the dashboard in docs/images/ from a running demo."""
    _play(session, "screenshots", *session.posargs)


@nox.session(default=False)
def lighthouse(session: nox.Session) -> None:
    """Judge every page of the dashboard by Lighthouse, and print a table."""
    npm = _npm(session)
    # Apart from the dashboard's packages, as 200 come with it that nobody else needs.
    with session.chdir(FRONTEND / "e2e" / "lighthouse"):
        npm("ci", "--ignore-scripts")
    _play(session, "lighthouse", *session.posargs)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Keep the dashboard open for an hour while videos pass, and measure its heap."""
    _play(session, "soak", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Damage videos at random, and show them to the parsers and to a real child: -- --minutes N."""
    _install(session, "test")
    _run_from_here(session, "tests.support.fuzz", *session.posargs)


@nox.session(default=False)
def generate(session: nox.Session) -> None:
    """Write anew what is made from the code: docs/settings.md, docs/api.md, the dashboard's types of the api."""
    _install(session, "local")
    library = FRONTEND / "src" / "lib" / "api"
    pages = {
        ROOT / "docs" / "settings.md": ("services.contract.settings.reference",),
        ROOT / "docs" / "api.md": ("services.api.schema.reference",),
        library / "openapi.json": ("services.api", "openapi"),
    }
    for page, command in pages.items():
        page.write_text(str(session.run("python", "-m", *command, silent=True)), encoding="utf-8")
    _install(session, "stacks")
    session.run("python", "-m", "stacks.reference", "examples", "docs/stacks")
    if (FRONTEND / "node_modules").is_dir():
        with session.chdir(FRONTEND):
            _npm(session)("run", "generate")


@nox.session(default=False)
def config(session: nox.Session) -> None:
    """Check pipeline.toml, print what is in force, and write what is generated from the config's classes: -- [FILE]."""
    _install(session, "stacks")
    _run_from_here(session, "stacks.config.command", "--generate", str(ROOT), *session.posargs)


@nox.session(default=False)
def synth(session: nox.Session) -> None:
    """Synthesize the stacks into cdktf.out: -- [--engine cdktf|cdktf-plain|cdktn]."""
    engine = session.posargs[-1] if "--engine" in session.posargs else "cdktf"
    _install(session, "test" if engine == "cdktn" else "stacks")
    session.run("python", "-m", "stacks.engine.warm", env={"STACKS_ENGINE": engine})
    session.run("python", "main.py", env={"STACKS_ENGINE": engine})


@nox.session(default=False)
def app(session: nox.Session) -> None:
    """Do what cdktf-cli asks for: cdktf.json names this session, so that `npx cdktf` works in a fresh clone."""
    _install(session, "stacks")
    session.run("python", "main.py")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, compare with a peer or a limit, and print a table: -- synth|api|extraction [--long] [--rounds N]."""
    _install(session, "test")
    _install(session, "bench")
    name, *arguments = session.posargs or ["synth"]
    _run_from_here(session, f"benchmarks.{name}", *arguments)


@nox.session(default=False)
def images(session: nox.Session) -> None:
    """Build the services' images and push them to ECR: -- --tag 1.0.5."""
    _operate(session, "images")


@nox.session(default=False)
def deploy(session: nox.Session) -> None:
    """Deploy a stack, or what is left of all: -- bootstrap|core|workloads|dns|monitoring|all [--step 1|2] [--yes]."""
    _operate(session, "deploy")


@nox.session(default=False)
def destroy(session: nox.Session) -> None:
    """Destroy a stack, or all but bootstrap: -- STACK|all [--empty-buckets] [--name NAME] [--yes]."""
    _operate(session, "destroy")


@nox.session(default=False)
def diff(session: nox.Session) -> None:
    """Show what a deployment would change: -- [STACK...]."""
    _operate(session, "diff")


@nox.session(default=False)
def cost(session: nox.Session) -> None:
    """Estimate a month's bill: -- [--videos N] [--video-mb MB]."""
    _operate(session, "cost")


@nox.session(default=False)
def graph(session: nox.Session) -> None:
    """Draw the architecture from the synthesized stacks: docs/images/architecture.svg; -- [--output FILE]."""
    _operate(session, "graph")


@nox.session(default=False)
def new(session: nox.Session) -> None:
    """Render an instance: -- DEST [--data KEY=VALUE ...] [--data-file FILE] [--defaults] [--force] [--source URL]."""
    _install(session, "template")
    session.chdir(session.invoked_from)
    arguments = ["-m", "stacks.instance", "new", str(ROOT), *session.posargs]
    # Time to throw a half-rendered instance away, which a second of nox's own would cut off.
    session.run("python", *arguments, env={"PYTHONPATH": str(ROOT)}, interrupt_timeout=10, terminate_timeout=10)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Check everything, and tag: -- X.Y.Z."""
    if len(session.posargs) != 1:
        session.error("which version? For example: ./noxw -s release -- 1.0.5")
    session.run("python", "release.py", "check", *session.posargs)
    try:
        session.run("./noxw", "-s", "lint", "types", "synth", "test", external=True)
        session.run("uv", "build", "--wheel", "--quiet", "--out-dir", session.create_tmp(), external=True)
    except CommandFailed:
        session.error("Nothing was tagged: mend what failed above, commit, and release again.")
    # Once more: what has run may have written something anew.
    session.run("python", "release.py", "tag", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Compile requirements/ anew from pyproject.toml: -- --upgrade takes the newest versions."""
    for name, selection in REQUIREMENTS.items():
        target = f"requirements/{name}.txt"
        constraint = [] if name in ("test", "checkov") else ["--constraints=requirements/test.txt"]
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


def _npm(session: nox.Session) -> Callable[..., object]:
    """Runs npm, without Next.js' own reports; the session is skipped where there is none."""
    if not shutil.which("npm"):
        session.skip("the dashboard needs Node.js 20.9 or newer with npm, from your system or from nodejs.org")
    return partial(session.run, "npm", external=True, env={"NEXT_TELEMETRY_DISABLED": "1"})


def _play(session: nox.Session, project: str, *arguments: str) -> None:
    """Runs Playwright against a demo that it starts itself with the session's Python."""
    npm = _npm(session)
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        session.skip("no Chromium was found: install it (on Debian and Ubuntu: apt install chromium)")
    _install(session, "local")
    session.env.update({"E2E_CHROMIUM": str(chromium), "E2E_PYTHON": str(Path(session.bin) / "python")})
    with session.chdir(FRONTEND):
        if not (FRONTEND / "node_modules").is_dir():
            npm("ci")
        npm("run", "e2e", "--", f"--project={project}", *arguments)


def _install(session: nox.Session, name: str) -> None:
    session.install("--quiet", "--require-hashes", "-r", f"requirements/{name}.txt")


def _tool(session: nox.Session, name: str) -> str:
    """A program in an environment of its own beside the session's, for what does not agree with our requirements."""
    environment = Path(session.virtualenv.location).with_name(f"tool-{name}")
    if not environment.exists():
        session.run("uv", "venv", "--quiet", str(environment), external=True, silent=True)
    session.run(
        "uv",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        f"--python={environment}",
        f"--requirements=requirements/{name}.txt",
        external=True,
    )
    return str(environment / "bin" / name)


def _operate(session: nox.Session, command: str) -> None:
    _install(session, "stacks")
    _run_from_here(session, "stacks.deploy", command, *session.posargs)


def _run_from_here(session: nox.Session, module: str, *arguments: str) -> None:
    """Runs a module of ours in the folder that nox was called from, so that paths mean what the caller means."""
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    session.run("python", "-m", module, *arguments, env={"PYTHONPATH": path})
