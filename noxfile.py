"""The tasks of the project, as nox sessions: `./noxw --list` prints them. noxw.py explains the tags user and check."""

import argparse
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nox

ROOT = Path(__file__).parent
FRONTEND = ROOT / "services" / "frontend"

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "test"]


@nox.session(default=False, tags=["user"])
def demo(session: nox.Session) -> None:
    """Run the pipeline on this machine until Ctrl-C.

    ./noxw demo [--once] [--upload FILE...] [--data DIR]
    """
    _install(session, "local")
    _run_module(session, "stacks.instance.demo", str(ROOT), *session.posargs)


@nox.session(default=False, tags=["user"])
def extract(session: nox.Session) -> None:
    """Extract thumbnails from local video files.

    ./noxw extract VIDEO... --output DIR [--json]
    """
    _install(session, "worker")
    _run_module(session, "services.worker", "extract", *session.posargs)


@nox.session(default=False, tags=["user"])
def new(session: nox.Session) -> None:
    """Create an instance: a repository of your own.

    ./noxw new DEST [--data KEY=VALUE ...] [--data-file FILE] [--defaults] [--force] [--source URL]
    """
    _install(session, "template")
    # Ten seconds to delete a half-rendered instance after Ctrl-C.
    _run_module(session, "stacks.instance", "new", str(ROOT), *session.posargs, interrupt_timeout=10)


@nox.session(default=False, tags=["user"])
def config(session: nox.Session) -> None:
    """Check pipeline.toml and print every setting.

    ./noxw config [--config FILE]
    """
    _install(session, "stacks")
    _run_module(session, "stacks.config.command", "--generate", str(ROOT), "--project", str(ROOT), *session.posargs)


@nox.session(default=False, tags=["user", "check"])
def synth(session: nox.Session) -> None:
    """Synthesize the stacks into cdktf.out.

    ./noxw synth [--config FILE] [--engine cdktf|cdktf-plain|cdktn]
    """
    parser = argparse.ArgumentParser(prog="./noxw synth")
    parser.add_argument("--config", metavar="FILE", help="default: $PIPELINE_CONFIG or pipeline.toml")
    parser.add_argument("--engine", choices=("cdktf", "cdktf-plain", "cdktn"), default="cdktf")
    given, _ = parser.parse_known_args(session.posargs)
    _install(session, "test" if given.engine == "cdktn" else "stacks")
    session.run("python", "-m", "stacks.engine.warm", env={"STACKS_ENGINE": given.engine})
    config = {"PIPELINE_CONFIG": str(Path(session.invoked_from, given.config).resolve())} if given.config else {}
    session.run("python", "main.py", env={"STACKS_ENGINE": given.engine, **config})


@nox.session(default=False, tags=["user"])
def cost(session: nox.Session) -> None:
    """Estimate the AWS bill of a month."""
    _run_deploy_command(session, "cost")


@nox.session(default=False, tags=["user"])
def scaling(session: nox.Session) -> None:
    """Simulate loads: waiting times, workers, dollars, limits.

    ./noxw scaling [--burst N] [--day N] [--trickle N] [--work-s S] [--quota VCPUS]
                   [--settings] [--plot FILE] [--json] [--config FILE]
    """
    if "--plot" in session.posargs:
        _install(session, "plot")
    _run_deploy_command(session, "scaling")


@nox.session(default=False, tags=["user"])
def graph(session: nox.Session) -> None:
    """Draw the architecture from the synthesized stacks."""
    _run_deploy_command(session, "graph")


@nox.session(default=False, tags=["user"])
def images(session: nox.Session) -> None:
    """Build the images of the services and push them to ECR.

    ./noxw images --tag 1.0.5 [--config FILE]
    """
    _run_deploy_command(session, "images")


@nox.session(default=False, tags=["user"])
def charts(session: nox.Session) -> None:
    """Fetch the public Helm charts into charts/."""
    _run_deploy_command(session, "charts")


@nox.session(default=False, tags=["user"])
def locks(session: nox.Session) -> None:
    """Lock Terraform's providers for three platforms."""
    _run_deploy_command(session, "locks")


@nox.session(default=False, tags=["user"])
def deploy(session: nox.Session) -> None:
    """Deploy one stack, or all stacks in order.

    ./noxw deploy STACK|all [--step 1|2] [--plan FILE] [--yes] [--config FILE]
    """
    if "all" in session.posargs:
        # OpenCV, with which the smoke test decodes thumbnails.
        _install(session, "worker")
    _run_deploy_command(session, "deploy")


@nox.session(default=False, tags=["user"])
def diff(session: nox.Session) -> None:
    """Show what a deployment would change.

    ./noxw diff [STACK...] [--destroy] [--step 1|2] [--out DIR] [--summary FILE] [--exit-code] [--config FILE]
    """
    _run_deploy_command(session, "diff")


@nox.session(default=False, tags=["user"])
def smoke(session: nox.Session) -> None:
    """Send a video through the deployed instance, and check it.

    ./noxw smoke [--url URL] [--wait-s SECONDS] [--config FILE]
    """
    _install(session, "worker")
    _run_deploy_command(session, "smoke")


@nox.session(default=False, tags=["user"])
def destroy(session: nox.Session) -> None:
    """Destroy one stack, or all stacks but bootstrap.

    ./noxw destroy STACK|all [--empty-buckets] [--name NAME] [--yes] [--config FILE]
    """
    _run_deploy_command(session, "destroy")


@nox.session(default=False, tags=["user"])
def rehearse(session: nox.Session) -> None:
    """Deploy to an emulated AWS on this machine, and destroy it.

    ./noxw rehearse [--stacks core,dns] [--aws-provider VERSION] [--kubeconfig FILE] [--keep] [--json]
    """
    _install(session, "stacks", "local")
    _install_evaluator(session)
    # After Ctrl-C, half a minute to end Terraform and the emulated AWS.
    _run_module(session, "stacks.rehearse", "--project", str(ROOT), *session.posargs, interrupt_timeout=30)


@nox.session(tags=["check"])
def lint(session: nox.Session) -> None:
    """Check style, format, imports and words.

    ./noxw lint [--fix]
    """
    _install(session, "lint")
    is_fixing = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if is_fixing else []), ".")
    session.run("ruff", "format", *([] if is_fixing else ["--check"]), ".")
    session.run("lint-imports", env={"PYTHONPATH": str(ROOT)})
    session.run("codespell")


@nox.session(tags=["check"])
def types(session: nox.Session) -> None:
    """Check types with mypy --strict."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session(tags=["check"])
def test(session: nox.Session) -> None:
    """Run the tests; without arguments, also frontend and e2e.

    ./noxw test [--cov] [PYTEST ARGUMENT...]
    """
    _install(session, "test")
    _install_evaluator(session)
    # More processes than two cores need: many tests wait.
    everything = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
    arguments = session.posargs if set(session.posargs) - {"--cov"} else (*everything, *session.posargs)
    session.run("pytest", *arguments, env={"CHECKOV": _install_tool(session, "checkov")})
    if not session.posargs:
        session.notify("frontend")
        session.notify("e2e")


@nox.session(default=False, tags=["check"])
def frontend(session: nox.Session) -> None:
    """Check the dashboard: format, lint, types, unit tests, build."""
    npm = _npm(session)
    with session.chdir(FRONTEND):
        npm("ci")
        for script in ("lint", "types", "generate:check", "test"):
            npm("run", script)
    _install(session, "local")
    # Not `npm run build`: the demo of the end-to-end tests would build it again.
    session.run("python", "-m", "services.local.dashboard", str(Path(session.virtualenv.location) / "build.log"))


@nox.session(default=False, tags=["check"])
def e2e(session: nox.Session) -> None:
    """Test the dashboard in Chromium against a demo.

    ./noxw e2e [PLAYWRIGHT ARGUMENT...]
    """
    _run_playwright(session, "e2e", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Extract from randomly damaged videos.

    ./noxw fuzz [--minutes N]
    """
    _run_test_module(session, "tests.support.fuzz")


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Break everything while videos arrive, and audit the result."""
    _run_test_module(session, "tests.faults")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run a benchmark and print a table.

    ./noxw bench synth|api|extraction|requests [--long] [--rounds N]
    """
    _install(session, "test", "bench")
    name, *arguments = session.posargs or ["synth"]
    _run_module(session, f"benchmarks.{name}", *arguments)


@nox.session(default=False)
def generate(session: nox.Session) -> None:
    """Generate the reference pages and the TypeScript types."""
    _install(session, "local")
    pages = {
        "docs/settings.md": ("services.contract.settings.reference",),
        "docs/api.md": ("services.api.schema.reference",),
        "services/frontend/src/lib/api/openapi.json": ("services.api", "openapi"),
        "docs/images/packages.svg": ("tests.support.package_graph",),
    }
    for page, command in pages.items():
        (ROOT / page).write_text(str(session.run("python", "-m", *command, silent=True)), encoding="utf-8")
    _install(session, "stacks")
    session.run("python", "-m", "stacks.reference", "examples", "docs/stacks")
    if (FRONTEND / "node_modules").is_dir():
        with session.chdir(FRONTEND):
            _npm(session)("run", "generate")


@nox.session(default=False)
def screenshots(session: nox.Session) -> None:
    """Take the pictures in docs/images from a demo."""
    _run_playwright(session, "screenshots", *session.posargs)


@nox.session(default=False)
def lighthouse(session: nox.Session) -> None:
    """Measure every page of the dashboard with Lighthouse."""
    npm = _npm(session)
    # Apart from the dashboard's packages: Lighthouse needs 200 packages that nothing else uses.
    with session.chdir(FRONTEND / "e2e" / "lighthouse"):
        npm("ci", "--ignore-scripts")
    _run_playwright(session, "lighthouse", *session.posargs)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Check that memory stays flat for an hour; --heap: a browser's."""
    if "--heap" in session.posargs:
        _run_playwright(session, "soak")
    else:
        _run_test_module(session, "tests.soak")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Compile requirements/ from pyproject.toml.

    ./noxw lock [--upgrade]
    """
    options = ("--quiet", "--universal", "--python-version=3.11", "--generate-hashes")
    for name, selection in nox.project.load_toml(ROOT / "pyproject.toml")["tool"]["lock"].items():
        constraint = [] if name in ("test", "checkov") else ["--constraints=requirements/test.txt"]
        header = ("--no-annotate", "--no-emit-index-url", "--custom-compile-command=./noxw lock")
        file = f"--output-file=requirements/{name}.txt"
        command = ("uv", "pip", "compile", *options, *header, file, *selection, *constraint, *session.posargs)
        session.run(*command, external=True)


@nox.session(default=False)
def wheel(session: nox.Session) -> None:
    """Build the wheel into dist/."""
    session.run("uv", "build", "--wheel", "--quiet", external=True)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Check everything and tag a version.

    ./noxw release X.Y.Z
    """
    session.run("python", "release.py", "tag", *session.posargs)


@nox.session(default=False)
def app(session: nox.Session) -> None:
    """Run the CDKTF app: cdktf.json names this session."""
    _install(session, "stacks")
    session.run("python", "main.py")


def _npm(session: nox.Session) -> Callable[..., object]:
    """Return a function that runs npm without Next.js' telemetry; skip the session if npm is missing."""
    if not shutil.which("npm"):
        session.skip("the dashboard needs Node.js 20.9 or newer with npm, from your system or from nodejs.org")
    return partial(session.run, "npm", external=True, env={"NEXT_TELEMETRY_DISABLED": "1"})


def _run_playwright(session: nox.Session, project: str, *arguments: str) -> None:
    """Run a Playwright project; Playwright starts a demo with the session's Python."""
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


def _install(session: nox.Session, *names: str) -> None:
    for name in names:
        session.install("--quiet", "--require-hashes", "-r", f"requirements/{name}.txt")


def _install_tool(session: nox.Session, name: str) -> str:
    """Install a program into its own environment, because its pins conflict with our requirements; return its path."""
    environment = Path(session.virtualenv.location).with_name(f"tool-{name}")
    if not environment.exists():
        session.run("uv", "venv", "--quiet", str(environment), external=True, silent=True)
    install = ("uv", "pip", "install", "--quiet", "--require-hashes", f"--python={environment}")
    session.run(*install, f"--requirements=requirements/{name}.txt", external=True)
    return str(environment / "bin" / name)


def _install_evaluator(session: nox.Session) -> None:
    """Install the npm package that evaluates policies (docs/decisions/0009-iam-simulate-for-rights.md)."""
    if shutil.which("npm") and not (ROOT / "node_modules" / "@cloud-copilot").exists():
        session.run("npm", "ci", "--ignore-scripts", "--silent", external=True)


def _run_test_module(session: nox.Session, module: str) -> None:
    _install(session, "test")
    _run_module(session, module, *session.posargs)


def _run_deploy_command(session: nox.Session, command: str) -> None:
    _install(session, "stacks")
    # After Ctrl-C, wait for Terraform, which finishes what it is doing; nox would end it after half a second.
    _run_module(session, "stacks.deploy", "--project", str(ROOT), command, *session.posargs, interrupt_timeout=None)


def _run_module(session: nox.Session, module: str, *arguments: str, interrupt_timeout: float | None = 0.3) -> None:
    """Run one of our modules in the caller's folder, so that relative paths are relative to it."""
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    session.run("python", "-m", module, *arguments, env={"PYTHONPATH": path}, interrupt_timeout=interrupt_timeout)
