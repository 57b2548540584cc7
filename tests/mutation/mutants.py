"""Mutants of the protocol's modules, made by mutmut: each module with all of its mutants, of which one is active."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from mutmut.mutation.file_mutation import MutatedFile, mutate_file_contents

from tests.mutation.report import Mutant, describe_change, is_wording


@dataclass(frozen=True)
class MutatedModule:
    path: str
    """Path in the repository."""
    code: str
    mutants: Sequence[Mutant]

    @property
    def name(self) -> str:
        """Return the dotted name of the module."""
        return self.path.removesuffix(".py").replace("/", ".")


def mutate_module(root: Path, path: str) -> MutatedModule:
    """Make all mutants of a module, except those that change only the wording of a sentence."""
    mutated = mutate_file_contents(path, (root / path).read_text(encoding="utf-8"))
    module = path.removesuffix(".py").replace("/", ".")
    mutants = []
    for name in mutated.mutant_names:
        function = name.partition("__mutmut_")[0]
        change = describe_change(_source_of(mutated, f"{function}__mutmut_orig"), _source_of(mutated, name))
        if not is_wording(change):
            plain = function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
            mutants.append(Mutant(f"{module}.{name}", path, plain, change))
    return MutatedModule(path, mutated.code, mutants)


def _source_of(mutated: MutatedFile, function: str) -> str:
    span = mutated.line_span_by_function_name[function]
    return "\n".join(mutated.code.splitlines()[span.start - 1 : span.end]).replace(f" {function}(", " function(", 1)


class MutatedImports(MetaPathFinder):
    """Import the mutated modules in place of those on disk."""

    def __init__(self, root: Path, modules: Sequence[MutatedModule]) -> None:
        self._root = root
        self._modules = {module.name: module for module in modules}

    def install(self) -> None:
        """Put this finder first. Raises: RuntimeError if one of the modules is imported already."""
        if imported := self._modules.keys() & sys.modules.keys():
            raise RuntimeError(f"imported before its mutants: {', '.join(sorted(imported))}")
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002 - the base class's interface
        module = self._modules.get(name)
        if module is None:
            return None
        file = str(self._root / module.path)
        return spec_from_file_location(name, file, loader=_MutatedLoader(name, file, module.code))


class _MutatedLoader(SourceFileLoader):
    def __init__(self, name: str, path: str, code: str) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._code.encode(), self.get_filename(fullname))
