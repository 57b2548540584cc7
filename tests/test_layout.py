"""The layout of the code: sizes of modules, folders and functions, and names of classes and tests."""

import ast
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_LINES = 400
MAX_MODULES = 14
MAX_FUNCTION_LINES = 56
"""With its docstring and arguments; a body has about fifty lines at most."""
MAX_TEST_WORDS = 12
SOURCES = ("services", "stacks", "tasks", "benchmarks")
SCRIPTS = {".py", ".ts", ".tsx", ".mjs"}
NOT_OURS = {"node_modules", ".next", "dist", "coverage", "test-results", "playwright-report"}
GENERATED = {"services/frontend/src/lib/api/schema.ts", "services/frontend/next-env.d.ts"}

SAME_THING_TWICE = {
    "Attempt": "in the record and in the answer of the api",
    "Poster": "in the manifest and in the answer of the api",
    "Processing": "a section of pipeline.toml and an answer of the api",
    "Purge": "the services of the purge and an answer of the api",
    "Reconciliations": "the services of reconciliations and an answer of the api",
    "Thumbnail": "in the answer of the api and in its client",
    "Video": "in the answer of the api and in its client",
}
"""Names of two classes each: a rename would change the OpenAPI document, or the client's interface."""


def list_sources(*folders: str) -> Iterator[Path]:
    for folder, names, files in chain.from_iterable(os.walk(ROOT / top) for top in folders):
        names[:] = [name for name in names if name not in NOT_OURS]
        yield from (Path(folder, file) for file in files if Path(file).suffix in SCRIPTS)


def is_test(path: Path) -> bool:
    return ".test." in path.name or path.name.startswith("test_") or "e2e" in path.parts


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lines = {relative(path): path.read_text("utf-8").count("\n") for path in list_sources(*SOURCES, "tests")}
    assert len(lines) > 1000
    assert {path: count for path, count in lines.items() if count > MAX_LINES and path not in GENERATED} == {}


def test_no_source_folder_has_more_than_fourteen_modules() -> None:
    modules = Counter(
        relative(path.parent) for path in list_sources(*SOURCES) if path.stem != "__init__" and not is_test(path)
    )
    assert len(modules) > 100
    assert {folder: count for folder, count in modules.items() if count > MAX_MODULES} == {}


def list_functions(*folders: str) -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in list_sources(*folders):
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield path, node


def test_functions_of_the_services_fit_on_a_screen() -> None:
    lines = {
        f"{relative(path)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, node in list_functions("services")
    }
    assert len(lines) > 2000
    assert {name: count for name, count in lines.items() if count > MAX_FUNCTION_LINES} == {}


def test_names_of_tests_are_short() -> None:
    names = [node.name for _, node in list_functions("tests") if node.name.startswith("test_")]
    assert len(names) > 2000
    assert [name for name in names if name.count("_") > MAX_TEST_WORDS] == []


def test_no_two_classes_have_the_same_name() -> None:
    modules = defaultdict(list)
    for path in list_sources("services", "stacks"):
        if path.suffix == ".py" and not is_test(path):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.ClassDef):
                    modules[node.name].append(relative(path))
    twice = {name: found for name, found in modules.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in SAME_THING_TWICE} == {}
    assert twice.keys() == SAME_THING_TWICE.keys()
