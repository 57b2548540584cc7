"""The tasks of this instance, as nox sessions: `./noxw --list` prints them. They run thumbnail-pipeline's own code.

Add your own sessions below the last one, or in a file of your own: updates merge this file. noxw.py explains
the tags user and check.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import nox
from nox import registry
from nox.command import CommandFailed

ROOT = Path(__file__).parent

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "test", "synth"]


@nox.session(tags=["check"])
def lint(session: nox.Session) -> None:
    """Check style and format.

    ./noxw lint [--fix]
    """
    _install(session, "checks")
    if "--fix" in session.posargs:
        session.run("ruff", "check", "--fix", ".")
        session.run("ruff", "format", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(tags=["check"])
def test(session: nox.Session) -> None:
    """Run this instance's tests.

    ./noxw test [PYTEST ARGUMENT...]
    """
    _install(session, "stacks", "checks", "team")
    session.run("python", "-m", "pytest", *(session.posargs or ["tests"]))


@nox.session(tags=["user", "check"])
def synth(session: nox.Session) -> None:
    """Synthesize the stacks into cdktf.out.

    ./noxw synth [--config FILE]
    """
    _install(session, "stacks", "team")
    session.run("python", "-m", "stacks.engine.warm")
    session.run("python", "main.py", env=_config_variable(session))


@nox.session(default=False, tags=["user"])
def demo(session: nox.Session) -> None:
    """Run this instance on this machine until Ctrl-C.

    ./noxw demo [--once] [--upload FILE...] [--data DIR]
    """
    _install(session, "local")
    _run_in_caller_folder(session, "stacks.instance.demo", str(ROOT), *session.posargs)


@nox.session(default=False, tags=["user"])
def upload(session: nox.Session) -> None:
    """Upload videos to a running pipeline and wait for them.

    ./noxw upload FILE... [--folder NAME] [--no-wait] [--json] [--url URL] [--token TOKEN] [--data DIR]
    """
    _install(session, "client")
    _run_in_caller_folder(session, "services.client", "upload", *session.posargs)


@nox.session(default=False, tags=["user"])
def videos(session: nox.Session) -> None:
    """List, show, change and delete videos of a running pipeline.

    ./noxw videos list|show|retry|regenerate|restore|dismiss|delete [KEY...] [--json] [--url URL] [--token TOKEN]
        [--data DIR]
    """
    _install(session, "client")
    _run_in_caller_folder(session, "services.client", "videos", *session.posargs)


@nox.session(default=False, tags=["user"])
def completion(session: nox.Session) -> None:
    """Print a script with which a shell completes noxw.

    ./noxw completion bash|zsh|fish|tcsh
    """
    _install(session, "client")
    described = [f"{name}={(one.__doc__ or '').partition(chr(10))[0]}" for name, one in registry.get().items()]
    _run_in_caller_folder(session, "services.client.completion", *session.posargs, "--sessions", *described)


@nox.session(default=False, tags=["user"])
def config(session: nox.Session) -> None:
    """Check pipeline.toml and print every setting.

    ./noxw config [--config FILE]
    """
    _install(session, "stacks")
    _run_in_caller_folder(session, "stacks.config.command", "--project", str(ROOT), *session.posargs)


@nox.session(default=False, tags=["user"])
def cost(session: nox.Session) -> None:
    """Estimate the AWS bill of a month.

    ./noxw cost [--videos N] [--video-mb MB] [--config FILE]
    """
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
def images(session: nox.Session) -> None:
    """Build the images of the services and push them to ECR.

    ./noxw images --tag 1.0.5 [--config FILE]
    """
    _run_deploy_command(session, "images")


@nox.session(default=False, tags=["user"])
def diff(session: nox.Session) -> None:
    """Show what a deployment would change.

    ./noxw diff [STACK...] [--destroy] [--step 1|2] [--out DIR] [--summary FILE] [--exit-code] [--config FILE]
    """
    _run_deploy_command(session, "diff")


@nox.session(default=False, tags=["user"])
def charts(session: nox.Session) -> None:
    """Fetch the public Helm charts into charts/."""
    _run_deploy_command(session, "charts")


@nox.session(default=False, tags=["user"])
def locks(session: nox.Session) -> None:
    """Lock Terraform's providers for three platforms.

    ./noxw locks [--mirror DIR]
    """
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

    ./noxw rehearse [--config FILE] [--stacks core,dns] [--aws-provider VERSION] [--kubeconfig FILE] [--keep] [--json]
    """
    _install(session, "stacks", "local", "team")
    # Evaluates the policies for the comparison with requests; nothing here needs cdktf-cli.
    if shutil.which("npm") and not (ROOT / "node_modules" / "@cloud-copilot").exists():
        session.run("npm", "ci", "--omit=dev", "--ignore-scripts", "--silent", external=True)
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = ["python", "-m", "stacks.rehearse", "--project", str(ROOT), *session.posargs]
    # After Ctrl-C, half a minute to end Terraform and the emulated AWS.
    session.run(*command, env={"PYTHONPATH": path}, interrupt_timeout=30, terminate_timeout=30)


@nox.session(default=False, tags=["user"])
def update(session: nox.Session) -> None:
    """Update to the newest version and keep your changes.

    ./noxw update [--to VERSION] [--pull-request]
    """
    _install(session, "template")
    _run_in_caller_folder(session, "stacks.instance", "update", str(ROOT), *session.posargs)


@nox.session(name="check-update", default=False, tags=["user"])
def check_update(session: nox.Session) -> None:
    """Print whether a newer version exists."""
    _install(session, "template")
    _run_in_caller_folder(session, "stacks.instance", "check-update", str(ROOT))


@nox.session(default=False)
def app(session: nox.Session) -> None:
    """Run the CDKTF app: cdktf.json names this session."""
    _install(session, "stacks", "team")
    session.run("python", "main.py")


def _install(session: nox.Session, *names: str) -> None:
    """Install the pinned pipeline, the tested versions of its dependencies by hash, and the team's packages."""
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


def _config_variable(session: nox.Session) -> dict[str, str]:
    """Return PIPELINE_CONFIG for the option --config; without the option, a variable of the caller counts."""
    parser = argparse.ArgumentParser(prog="./noxw synth", add_help=False)
    parser.add_argument("--config")
    file = parser.parse_known_args(session.posargs)[0].config
    return {"PIPELINE_CONFIG": str(Path(session.invoked_from, file).resolve())} if file else {}


def _run_deploy_command(session: nox.Session, command: str) -> None:
    _install(session, "stacks", "team")
    # After Ctrl-C, wait for Terraform, which finishes what it is doing; nox would end it after half a second.
    _run_in_caller_folder(
        session, "stacks.deploy", "--project", str(ROOT), command, *session.posargs, interrupt_timeout=None
    )


def _run_in_caller_folder(
    session: nox.Session, module: str, *arguments: str, interrupt_timeout: float | None = 0.3
) -> None:
    """Run a module of the pipeline in the caller's folder, so that relative paths are relative to it.

    If it fails, end with its exit status: nox would make 1 of each.
    """
    session.chdir(session.invoked_from)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    try:
        session.run("python", "-m", module, *arguments, env={"PYTHONPATH": path}, interrupt_timeout=interrupt_timeout)
    except CommandFailed as error:
        sys.exit(error.return_code or 1)
