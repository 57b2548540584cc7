"""Deliberate bugs: a change of the source of a module, made in the functions of the running process."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any


@dataclass(frozen=True)
class Bug:
    """A change of the source of one module, and the promise that it breaks."""

    name: str
    module: str
    old: str
    new: str
    breaks: str
    test: str = ""
    """Module and name of the fast test that finds it; without one, the model does."""
    has_events: bool = False
    """True if only a model that writes events finds it."""
    seeds: int = 1000
    """Upper limit of schedules within which the model finds it."""
    found_by: int = 1
    """Seed tried first, as it found the bug before: 0.01 s instead of a search of up to 30 s."""


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Run with a bug. The functions of the module get the code of the changed source, so that all users see it."""
    module = importlib.import_module(bug.module)
    source = inspect.getsource(module)
    if source.count(bug.old) != 1:
        raise AssertionError(f"{bug.name}: the old text is {source.count(bug.old)} times in {bug.module}")
    changed = source.replace(bug.old, bug.new)
    ast.parse(changed)
    before = _codes_of(source, module)
    after = _codes_of(changed, module)
    functions = {name: function for name, function in _functions_of(module) if before.get(name) != after.get(name)}
    if not functions:
        raise AssertionError(f"{bug.name}: no function changes")
    kept = {name: function.__code__ for name, function in functions.items()}
    try:
        for name, function in functions.items():
            function.__code__ = after[name]
        yield
    finally:
        for name, function in functions.items():
            function.__code__ = kept[name]


def _codes_of(source: str, module: ModuleType) -> dict[str, CodeType]:
    """Return the code of each function and method, by its qualified name."""
    found: dict[str, CodeType] = {}
    remaining = [compile(source, module.__file__ or "", "exec")]
    while remaining:
        for constant in remaining.pop().co_consts:
            if isinstance(constant, CodeType):
                found[constant.co_qualname] = constant
                remaining.append(constant)
    return found


def _functions_of(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    scopes: list[Any] = [module]
    while scopes:
        for value in vars(scopes.pop()).values():
            plain = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
            plain = inspect.unwrap(plain) if isinstance(plain, FunctionType) else plain
            if isinstance(plain, FunctionType) and plain.__module__ == module.__name__:
                yield plain.__qualname__, plain
            elif isinstance(value, type) and value.__module__ == module.__name__:
                scopes.append(value)
