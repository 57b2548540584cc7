"""A Helm chart of ours: a folder in the package, copied into the synthesized stack.

Objects of a custom kind (`ScaledObject`) go through such a chart: `kubernetes_manifest` asks the cluster for the kind
when it plans, and before KEDA is installed there is none.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from cdktf import AssetType, TerraformAsset

if TYPE_CHECKING:
    from stacks.engine.stack import PipelineStack


def local_chart(stack: "PipelineStack", folder: Path) -> str:
    """Return the `chart` of a Helm `Release`: a path that holds in any folder of the synthesized stack.

    `folder` holds `Chart.yaml`; its content decides the path, so that a changed chart shows in the plan.
    """
    asset = TerraformAsset(stack, f"chart-{folder.name}", path=str(folder), type=AssetType.DIRECTORY)
    return f"./{asset.path}"
