"""Sessions for developers, besides the checks of `noxfile.py`: benchmarks, long tests, generated files, releases."""

import nox

from tasks.steps import (
    FRONTEND,
    ROOT,
    find_npm,
    install,
    install_tool,
    run_module,
    run_playwright,
    run_test_module,
)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Change videos and messages by structure, and check parsers.

    ./noxw fuzz [--minutes N] [--seed S] [--target NAME] [--keep FOLDER] [--coverage]
    """
    guide = ("fuzz",) if "--coverage" in session.posargs else ()
    install(session, "test", *guide)
    run_module(session, "tests.fuzz", *session.posargs)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Break everything while videos arrive, and audit the result."""
    run_test_module(session, "tests.faults")


@nox.session(default=False)
def model(session: nox.Session) -> None:
    """Run the protocol in a deterministic simulation.

    ./noxw model [--schedules N] [--seed S] [--processes K] [--every SECONDS] [--json FILE]
    """
    run_test_module(session, "tests.model")


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change the protocol's code and check that tests fail.

    ./noxw mutation [--json] [--survivors] [--every N] [--jobs N] [MODULE...]
    """
    install(session, "test", "mutation")
    run_module(session, "tests.mutation", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run a benchmark and print a table.

    ./noxw bench synth|api|extraction|frames|latency|poster|reconcile|requests|table|webhooks
                 [--long] [--rounds N]
    """
    install(session, "test", "bench")
    name, *arguments = session.posargs or ["synth"]
    run_module(session, f"benchmarks.{name}", *arguments)


@nox.session(default=False)
def generate(session: nox.Session) -> None:
    """Generate the reference pages and the TypeScript types."""
    install(session, "local")
    pages = {
        "docs/settings.md": ("services.contract.settings.reference",),
        "services/frontend/src/lib/server/settings.json": ("services.contract.settings.values",),
        "docs/api.md": ("services.api.schema.reference",),
        "docs/manifest.schema.json": ("services.contract.outputs.manifest",),
        "services/frontend/src/lib/api/openapi.json": ("services.api", "openapi"),
        "docs/images/packages.svg": ("tests.support.package_graph",),
        "docs/formats.md": ("tests.support.formats_page",),
    }
    for page, command in pages.items():
        (ROOT / page).write_text(str(session.run("python", "-m", *command, silent=True)), encoding="utf-8")
    install(session, "stacks")
    session.run("python", "-m", "stacks.reference", "examples", "docs/stacks")
    if (FRONTEND / "node_modules").is_dir():
        with session.chdir(FRONTEND):
            find_npm(session)("run", "generate")


@nox.session(default=False)
def screenshots(session: nox.Session) -> None:
    """Take the pictures and the recording in docs/images."""
    run_playwright(session, "screenshots", *session.posargs)


@nox.session(default=False)
def lighthouse(session: nox.Session) -> None:
    """Measure every page of the dashboard with Lighthouse."""
    npm = find_npm(session)
    # Apart from the dashboard's packages: Lighthouse needs 200 packages that nothing else uses.
    with session.chdir(FRONTEND / "e2e" / "lighthouse"):
        npm("ci", "--ignore-scripts")
    run_playwright(session, "lighthouse", *session.posargs)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Check that memory stays flat for an hour; --heap: a browser's."""
    if "--heap" in session.posargs:
        run_playwright(session, "soak")
    else:
        run_test_module(session, "tests.soak")


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
def audit(session: nox.Session) -> None:
    """Look for known vulnerabilities in the pinned packages."""
    pip_audit = install_tool(session, "audit", program="pip-audit")
    for name in ("local", "stacks", "nox"):
        # Strict: a package that the advisory database cannot be asked about is no pass.
        file = ROOT / "requirements" / f"{name}.txt"
        session.run(pip_audit, "--strict", "--disable-pip", "--require-hashes", "-r", str(file), external=True)
    npm = find_npm(session)
    for folder in (FRONTEND, ROOT):
        with session.chdir(folder):
            npm("audit", "--package-lock-only", "--omit=dev" if folder == FRONTEND else "--include=dev")


@nox.session(default=False)
def sbom(session: nox.Session) -> None:
    """List what each part contains, as CycloneDX files in dist/."""
    python = install_tool(session, "audit", program="python")
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    session.run(python, str(ROOT / "tasks" / "sbom.py"), str(dist), "api", "worker", "stacks", external=True)
    npm = find_npm(session)
    with session.chdir(FRONTEND):
        if not (FRONTEND / "node_modules").is_dir():
            npm("ci")
        # With what only the build needs: without it, npm 11 leaves React out as well.
        listed = npm("sbom", "--sbom-format=cyclonedx", silent=True)
    (dist / "sbom-frontend.cdx.json").write_text(str(listed), encoding="utf-8")


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Check everything and tag a version.

    ./noxw release X.Y.Z
    """
    session.run("python", "release.py", "tag", *session.posargs)
