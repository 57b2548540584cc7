"""Loading of the provider packages: lazily, and from CDK Terrain if asked for.

A provider package imports its 2,200 submodules when it is imported, in Python and again in node: 20 s of CPU for a
synth. Two changes bring that to about one:

- In Python, a package is made without running its `__init__`; a submodule is imported when somebody wants it.
- In node, `lazy.cjs` resolves a provider's `index.js` to the `lazy-index.js` that the packages ship next to it.

What is synthesized is the same, byte for byte (`./noxw bench synth` compares). `STACKS_ENGINE` chooses:

- `cdktf`: the default, as above.
- `cdktf-plain`: as the packages come, to compare with.
- `cdktn`: CDK Terrain, cdktf's continuation, under cdktf's names. https://github.com/open-constructs/cdk-terrain
  Its provider packages are for version 3 of Terraform's Kubernetes provider, which takes some blocks as lists.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

ENGINES = ("cdktf", "cdktf-plain", "cdktn")

_PROVIDERS = ("cdktf_cdktf_provider_", "cdktn_provider_")
_LISTS_OF_ONE = {
    "cdktn_provider_kubernetes.namespace_v1": ("NamespaceV1", "metadata"),
    "cdktn_provider_kubernetes.role_v1": ("RoleV1", "metadata"),
}
"""Classes of ours by module, and the argument that is one block in cdktf's packages and a list in CDK Terrain's."""

_LAZY_JS = Path(__file__).with_name("lazy.cjs")


class UnknownEngineError(Exception):
    """`STACKS_ENGINE` names no engine."""


def install_lazy_loading() -> None:
    """Set up the lazy imports, and import nothing yet. Must come before the first import of cdktf."""
    engine = os.environ.get("STACKS_ENGINE") or "cdktf"
    if engine not in ENGINES:
        raise UnknownEngineError(f"STACKS_ENGINE={engine} is none of {', '.join(ENGINES)}")
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    if engine == "cdktf-plain":
        return
    required = f'--require "{_LAZY_JS}"'
    node_options = os.environ.get("NODE_OPTIONS", "")
    if required not in node_options:
        os.environ["NODE_OPTIONS"] = f"{node_options} {required}".strip()
    sys.meta_path.insert(0, _LazyProviders())
    if engine == "cdktn":
        sys.meta_path.insert(0, _CdkTerrain())


class _LazyProviders(MetaPathFinder, Loader):
    """Finds provider packages, and gives them no content of their own."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_PROVIDERS) or "." in fullname:
            return None
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None:
            found.loader = self
        return found

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - Python makes an empty package
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__

        def submodule(attribute: str) -> ModuleType:
            if attribute.startswith("__"):
                raise AttributeError(attribute)
            return importlib.import_module(f"{name}.{attribute}")

        module.__dict__["__getattr__"] = submodule


class _CdkTerrain(MetaPathFinder, Loader):
    """Gives CDK Terrain's modules under the names that they had in cdktf."""

    def __init__(self) -> None:
        self._own_specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the other name decides
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=True) if _terrain_name(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(str(_terrain_name(spec.name)))
        self._own_specs[module.__name__] = module.__spec__
        if module.__name__ in _LISTS_OF_ONE:
            class_name, argument = _LISTS_OF_ONE[module.__name__]
            _take_one_block(getattr(module, class_name), argument)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Python has written the alias' spec over the module's own.
        module.__spec__ = self._own_specs.pop(module.__name__)


def _take_one_block(resource: type, argument: str) -> None:
    """Let a resource class take one block where it wants a list of blocks."""
    take_list: Callable[..., None] = resource.__init__  # type: ignore[misc]  # of a class that is known at run time only

    def take_block(self: object, scope: object, logical_id: str, **arguments: object) -> None:
        if argument in arguments:
            arguments[argument] = [arguments[argument]]
        take_list(self, scope, logical_id, **arguments)

    resource.__init__ = take_block  # type: ignore[misc]


def _terrain_name(name: str) -> str | None:
    root, dot, rest = name.partition(".")
    if root == "cdktf":
        return f"cdktn{dot}{rest}"
    if root.startswith("cdktf_cdktf_provider_"):
        return f"cdktn_provider_{root.removeprefix('cdktf_cdktf_provider_')}{dot}{rest}"
    return None
