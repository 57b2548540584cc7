"""Outputs of a stack, typed: declared by the stack that has them, read by others through its state in S3.

A stack describes its outputs as a frozen dataclass of `str` and `list[str]`, each made with `output("...")`:

    @dataclass(frozen=True, kw_only=True)
    class CoreOutputs:
        cluster_name: str = output("Name of the EKS cluster.")

`publish(stack, CoreOutputs(...))` writes them, `outputs_of(stack, "core", CoreOutputs)` reads them in another stack. A
cross-stack reference of CDKTF would make `cdktf deploy workloads` refuse to run without core:
https://developer.hashicorp.com/terraform/cdktf/concepts/stacks#cross-stack-references
"""

from dataclasses import MISSING, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from cdktf import DataTerraformRemoteStateS3, TerraformOutput

from stacks.naming import Names

if TYPE_CHECKING:
    from stacks.engine.stack import PipelineStack

_Outputs = TypeVar("_Outputs")


def output(description: str) -> Any:
    """A field of a class of outputs."""
    return field(default=MISSING, metadata={"description": description})


def publish(stack: "PipelineStack", outputs: Any) -> None:
    """Declares every field as an output of the stack, under the field's name."""
    for entry in fields(outputs):
        declared = TerraformOutput(
            stack, entry.name, value=getattr(outputs, entry.name), description=entry.metadata["description"]
        )
        declared.override_logical_id(entry.name)


def outputs_of(stack: "PipelineStack", stack_id: str, kind: type[_Outputs]) -> _Outputs:
    """What another stack has published, as tokens that Terraform resolves. Call it once in a stack for each other."""
    names = Names(stack.config)
    state = DataTerraformRemoteStateS3(
        stack,
        f"{stack_id}-state",
        bucket=names.state_bucket,
        key=names.state_key(stack_id),
        region=stack.config.region,
    )
    state.override_logical_id(str(stack_id))
    values: dict[str, str | list[str]] = {}
    for entry in fields(kind):  # type: ignore[arg-type]  # every class of outputs is a dataclass
        values[entry.name] = state.get_string(entry.name) if entry.type is str else state.get_list(entry.name)
    return kind(**values)
