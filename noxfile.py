"""The tasks of the project, as nox sessions: `./noxw --list` prints them. noxw.py explains the tags user and check."""

import argparse
import runpy
import sys
from pathlib import Path

import nox
from nox import registry

# noxw starts Python without this folder.
sys.path.append(str(Path(__file__).parent))

from tasks.steps import (
    FRONTEND,
    ROOT,
    find_npm,
    install,
    install_evaluator,
    install_tool,
    run_deploy_command,
    run_module,
    run_playwright,
)

# No import, which would happen once: noxw and nox each load this file, and expect all sessions in it.
runpy.run_path(str(ROOT / "tasks" / "development.py"))

MIN_COVERAGE_PCT = 91
"""Lines that the tests run, at least: what was measured in November 2026. `./noxw test --cov` fails below it."""

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "test"]


@nox.session(default=False, tags=["user"])
def demo(session: nox.Session) -> None:
    """Run the pipeline on this machine until Ctrl-C.

    ./noxw demo [--once] [--upload FILE...] [--data DIR]
    """
    install(session, "local")
    run_module(session, "stacks.instance.demo", str(ROOT), *session.posargs)


@nox.session(default=False, tags=["user"])
def upload(session: nox.Session) -> None:
    """Upload videos to a running pipeline and wait for them.

    ./noxw upload FILE... [--folder NAME] [--no-wait] [--json] [--url URL] [--token TOKEN] [--data DIR]
    """
    install(session, "client")
    run_module(session, "services.client", "upload", *session.posargs)


@nox.session(default=False, tags=["user"])
def videos(session: nox.Session) -> None:
    """List, show, change and delete videos of a running pipeline.

    ./noxw videos list|show|retry|regenerate|restore|dismiss|delete [KEY...] [--json] [--url URL] [--token TOKEN]
        [--data DIR]
    """
    install(session, "client")
    run_module(session, "services.client", "videos", *session.posargs)


@nox.session(default=False, tags=["user"])
def reconcile(session: nox.Session) -> None:
    """Make the thumbnails equal to the uploads.

    ./noxw reconcile [--dry-run] [--yes] [--no-create] [--no-remove] [--window N] [--cancel] [--json]
                     [--url URL] [--token TOKEN] [--data DIR]
    """
    install(session, "client")
    run_module(session, "services.client", "reconcile", *session.posargs)


@nox.session(default=False, tags=["user"])
def processing(session: nox.Session) -> None:
    """Show, pause or resume the processing of videos.

    ./noxw processing [pause|resume] [--json] [--url URL] [--token TOKEN] [--data DIR]
    """
    install(session, "client")
    run_module(session, "services.client", "processing", *session.posargs)


@nox.session(default=False, tags=["user"])
def completion(session: nox.Session) -> None:
    """Print a script with which a shell completes noxw.

    ./noxw completion bash|zsh|fish|tcsh
    """
    install(session, "client")
    described = [f"{name}={(one.__doc__ or '').partition(chr(10))[0]}" for name, one in registry.get().items()]
    run_module(session, "services.client.completion", *session.posargs, "--sessions", *described)


@nox.session(default=False, tags=["user"])
def extract(session: nox.Session) -> None:
    """Extract thumbnails from local video files.

    ./noxw extract VIDEO... --output DIR [--json]
    """
    install(session, "worker")
    run_module(session, "services.worker", "extract", *session.posargs)


@nox.session(default=False, tags=["user"])
def conformance(session: nox.Session) -> None:
    """Compare the thumbnails of a folder with ffmpeg's frames.

    ./noxw conformance DIR [--json FILE]
    """
    install(session, "local")
    run_module(session, "benchmarks.conformance", *session.posargs)


@nox.session(default=False, tags=["user"])
def new(session: nox.Session) -> None:
    """Create an instance: a repository of your own.

    ./noxw new DEST [--data KEY=VALUE ...] [--data-file FILE] [--defaults] [--force] [--source URL]
    """
    install(session, "template")
    # Ten seconds to delete a half-rendered instance after Ctrl-C.
    run_module(session, "stacks.instance", "new", str(ROOT), *session.posargs, interrupt_timeout=10)


@nox.session(default=False, tags=["user"])
def config(session: nox.Session) -> None:
    """Check pipeline.toml and print every setting.

    ./noxw config [--config FILE]
    """
    install(session, "stacks")
    run_module(session, "stacks.config.command", "--generate", str(ROOT), "--project", str(ROOT), *session.posargs)


@nox.session(default=False, tags=["user", "check"])
def synth(session: nox.Session) -> None:
    """Synthesize the stacks into cdktf.out.

    ./noxw synth [--config FILE] [--engine cdktf|cdktf-plain|cdktn]
    """
    parser = argparse.ArgumentParser(prog="./noxw synth")
    parser.add_argument("--config", metavar="FILE", help="default: $PIPELINE_CONFIG or pipeline.toml")
    parser.add_argument("--engine", choices=("cdktf", "cdktf-plain", "cdktn"), default="cdktf")
    given, _ = parser.parse_known_args(session.posargs)
    install(session, "test" if given.engine == "cdktn" else "stacks")
    session.run("python", "-m", "stacks.engine.warm", env={"STACKS_ENGINE": given.engine})
    config = {"PIPELINE_CONFIG": str(Path(session.invoked_from, given.config).resolve())} if given.config else {}
    session.run("python", "main.py", env={"STACKS_ENGINE": given.engine, **config})


@nox.session(default=False, tags=["user"])
def cost(session: nox.Session) -> None:
    """Estimate the AWS bill of a month."""
    run_deploy_command(session, "cost")


@nox.session(default=False, tags=["user"])
def scaling(session: nox.Session) -> None:
    """Simulate loads: waiting times, workers, dollars, limits.

    ./noxw scaling [--burst N] [--day N] [--trickle N] [--work-s S] [--quota VCPUS]
                   [--settings] [--plot FILE] [--json] [--config FILE]
    """
    if "--plot" in session.posargs:
        install(session, "plot")
    run_deploy_command(session, "scaling")


@nox.session(default=False, tags=["user"])
def graph(session: nox.Session) -> None:
    """Draw the architecture from the synthesized stacks."""
    run_deploy_command(session, "graph")


@nox.session(default=False, tags=["user"])
def images(session: nox.Session) -> None:
    """Build the images of the services and push them to ECR.

    ./noxw images --tag 1.0.5 [--config FILE]
    """
    run_deploy_command(session, "images")


@nox.session(default=False, tags=["user"])
def charts(session: nox.Session) -> None:
    """Fetch the public Helm charts into charts/."""
    run_deploy_command(session, "charts")


@nox.session(default=False, tags=["user"])
def locks(session: nox.Session) -> None:
    """Lock Terraform's providers for three platforms."""
    run_deploy_command(session, "locks")


@nox.session(default=False, tags=["user"])
def deploy(session: nox.Session) -> None:
    """Deploy one stack, or all stacks in order.

    ./noxw deploy STACK|all [--step 1|2] [--plan FILE] [--yes] [--config FILE]
    """
    if "all" in session.posargs:
        # OpenCV, with which the smoke test decodes thumbnails.
        install(session, "worker")
    run_deploy_command(session, "deploy")


@nox.session(default=False, tags=["user"])
def diff(session: nox.Session) -> None:
    """Show what a deployment would change.

    ./noxw diff [STACK...] [--destroy] [--step 1|2] [--out DIR] [--summary FILE] [--exit-code] [--config FILE]
    """
    run_deploy_command(session, "diff")


@nox.session(default=False, tags=["user"])
def smoke(session: nox.Session) -> None:
    """Send a video through the deployed instance, and check it.

    ./noxw smoke [--url URL] [--wait-s SECONDS] [--config FILE]
    """
    install(session, "worker")
    run_deploy_command(session, "smoke")


@nox.session(default=False, tags=["user"])
def destroy(session: nox.Session) -> None:
    """Destroy one stack, or all stacks but bootstrap.

    ./noxw destroy STACK|all [--empty-buckets] [--name NAME] [--yes] [--config FILE]
    """
    run_deploy_command(session, "destroy")


@nox.session(default=False, tags=["user"])
def rehearse(session: nox.Session) -> None:
    """Deploy to an emulated AWS on this machine, and destroy it.

    ./noxw rehearse [--config FILE] [--stacks core,dns] [--aws-provider VERSION] [--kubeconfig FILE] [--keep] [--json]
    """
    install(session, "stacks", "local")
    install_evaluator(session)
    # After Ctrl-C, half a minute to end Terraform and the emulated AWS.
    run_module(session, "stacks.rehearse", "--project", str(ROOT), *session.posargs, interrupt_timeout=30)


@nox.session(tags=["check"])
def lint(session: nox.Session) -> None:
    """Check style, format, imports and words.

    ./noxw lint [--fix]
    """
    install(session, "lint")
    is_fixing = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if is_fixing else []), ".")
    session.run("ruff", "format", *([] if is_fixing else ["--check"]), ".")
    session.run("lint-imports", env={"PYTHONPATH": str(ROOT)})
    session.run("codespell")


@nox.session(tags=["check"])
def types(session: nox.Session) -> None:
    """Check types with mypy --strict."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session(tags=["check"])
def test(session: nox.Session) -> None:
    """Run the tests; without arguments, also frontend and e2e.

    ./noxw test [--cov] [PYTEST ARGUMENT...]
    """
    install(session, "test")
    install_evaluator(session)
    # More processes than two cores need: many tests wait.
    everything = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
    arguments = list(session.posargs)
    if not set(arguments) - {"--cov"}:
        arguments = [*everything, *arguments, *([f"--cov-fail-under={MIN_COVERAGE_PCT}"] if arguments else [])]
    session.run("pytest", *arguments, env={"CHECKOV": install_tool(session, "checkov")})
    if not session.posargs:
        session.notify("frontend")
        session.notify("e2e")


@nox.session(default=False, tags=["check"])
def frontend(session: nox.Session) -> None:
    """Check the dashboard: format, lint, types, unit tests, build."""
    npm = find_npm(session)
    with session.chdir(FRONTEND):
        npm("ci")
        for script in ("lint", "types", "generate:check", "test"):
            npm("run", script)
    install(session, "local")
    # Not `npm run build`: the demo of the end-to-end tests would build it again.
    session.run("python", "-m", "services.local.dashboard", str(Path(session.virtualenv.location) / "build.log"))


@nox.session(default=False, tags=["check"])
def e2e(session: nox.Session) -> None:
    """Test the dashboard in Chromium against a demo.

    ./noxw e2e [PLAYWRIGHT ARGUMENT...]
    """
    run_playwright(session, "e2e", *session.posargs)


@nox.session(default=False)
def app(session: nox.Session) -> None:
    """Run the CDKTF app: cdktf.json names this session."""
    install(session, "stacks")
    session.run("python", "main.py")
