"""The dashboard's build and start, with a Node.js and an npm that only pretend."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.local import dashboard
from services.local.dashboard import Node, build_dashboard, find_node, hash_sources, make_program
from services.local.errors import LocalError
from services.local.pipeline import Endpoints
from tests.support.driver import PATIENCE_S, eventually


def script(path: Path, *lines: str) -> str:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "page.tsx").write_text("export {}", encoding="utf-8")
    (folder / "package-lock.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Its npm notes what it is asked, installs nothing, and builds an empty server."""
    npm = script(
        tmp_path / "npm",
        f"echo $1 >> {tmp_path}/asked",
        "mkdir -p node_modules .next/standalone",
        "touch node_modules/.package-lock.json",
        "[ $1 = ci ] || touch .next/standalone/server.js",
    )
    return Node(script(tmp_path / "node", "echo v20.9.0"), npm)


def asked(tmp_path: Path) -> list[str]:
    return (tmp_path / "asked").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(
    ("version", "is_found"),
    [("v20.9.0", True), ("v22.1.0", True), ("v20.8.1", False), ("v18.20.0", False), ("nonsense", False)],
)
def test_only_a_node_that_is_new_enough_is_taken(
    version: str, *, is_found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "node", f"echo {version}")
    script(tmp_path / "npm")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert (find_node() is not None) is is_found


def test_without_node_one_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_node() is None
    assert "20.9" in dashboard.HOW_TO_GET_NODE


def test_dashboard_is_rebuilt_only_when_a_source_changes(node: Node, sources: Path, tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        command = build_dashboard(node, log=tmp_path / "build.log", progress=said.append, sources=sources)
    assert command[0] == node.node
    assert Path(command[-1]).is_file()
    assert command[1:3] == ["--require", str(Path(command[-1]).with_name("limits.cjs"))]
    assert asked(tmp_path) == ["ci", "run"]
    assert len(said) == 2
    (sources / "src" / "page.tsx").write_text("export { changed }", encoding="utf-8")
    build_dashboard(node, log=tmp_path / "build.log", progress=said.append, sources=sources)
    assert asked(tmp_path) == ["ci", "run", "run"]


def test_the_command_builds_what_a_demo_finds_built(
    node: Node, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "SOURCES", sources)
    monkeypatch.setattr(dashboard, "find_node", lambda: node)
    monkeypatch.setattr("sys.argv", ["dashboard", str(tmp_path / "build.log")])
    dashboard.main()
    build_dashboard(node, log=tmp_path / "build.log", progress=lambda _: None, sources=sources)
    assert asked(tmp_path) == ["ci", "run"]


def test_of_two_at_the_same_time_one_builds(node: Node, sources: Path, tmp_path: Path) -> None:
    # Next.js empties its folder first: a lock in there would be another file to whoever comes then.
    emptied = tmp_path / "emptied"
    empty = f"[ $1 = ci ] || {{ rm -rf .next; touch {emptied}; }}"
    npm = script(tmp_path / "slow-npm", empty, "sleep 0.3", f'exec {node.npm} "$@"')

    def run(number: int) -> None:
        build_dashboard(Node(node.node, npm), log=tmp_path / f"{number}.log", progress=lambda _: None, sources=sources)
        assert (sources / ".next" / "standalone" / "server.js").is_file()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(run, 1)
        eventually(emptied.exists, "the build")
        for one in (first, pool.submit(run, 2)):
            one.result(PATIENCE_S)
    assert asked(tmp_path) == ["ci", "run"]


def test_an_installed_package_is_built_in_a_copy(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "SOURCES", sources)
    copy = dashboard.find_sources(tmp_path / "data")
    assert copy != sources
    (copy / "node_modules").mkdir()
    (copy / "next-env.d.ts").write_text("// Next.js writes this", encoding="utf-8")
    assert dashboard.find_sources(tmp_path / "data") == copy
    (sources / "src" / "page.tsx").rename(sources / "src" / "other.tsx")
    dashboard.find_sources(tmp_path / "data")
    assert [path.name for path in (copy / "src").iterdir()] == ["other.tsx"]
    assert (copy / "node_modules").is_dir()
    assert not (sources / "node_modules").exists()


def test_a_checkout_is_built_where_it_is(tmp_path: Path) -> None:
    assert dashboard.find_sources(tmp_path) == dashboard.SOURCES


def test_changed_tests_and_checked_types_are_no_reason_to_build(sources: Path) -> None:
    before = hash_sources(sources)
    (sources / "src" / "page.test.tsx").write_text("", encoding="utf-8")
    (sources / "tsconfig.tsbuildinfo").write_text("{}", encoding="utf-8")
    assert hash_sources(sources) == before


def test_failed_build_shows_npm_output_and_is_retried(sources: Path, tmp_path: Path) -> None:
    npm = script(tmp_path / "npm", "echo the disk is full", "exit 1")
    for _ in range(2):
        with pytest.raises(LocalError, match="the disk is full"):
            build_dashboard(Node("node", npm), log=tmp_path / "build.log", progress=lambda _: None, sources=sources)


def test_server_listens_on_loopback_and_gets_no_credentials(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    started = make_program(
        [node.node, "server.js"],
        Endpoints(
            aws="http://127.0.0.1:4566",
            region="us-east-1",
            bucket="b",
            queue_url="q",
            dead_letter_queue_url="d",
            videos_table="t",
            test_source_bucket="b",
            api="http://127.0.0.1:8000",
            token_file="api-token",  # noqa: S106 - the name of a file
            pid=1,
            frames="http://127.0.0.1:8001",
        ),
        port=3000,
        log=tmp_path / "log",
    )
    assert started.environment["HOSTNAME"] == "127.0.0.1"
    assert started.environment["API_BASE_URL"] == "http://127.0.0.1:8000"
    assert started.environment["FRAMES_BASE_URL"] == "http://127.0.0.1:8001"
    assert "AWS_SECRET_ACCESS_KEY" not in started.environment
