"""Helm charts: folders of ours in the package, and archives of public ones, both copied into the synthesized stack.

Objects of a custom kind (`ScaledObject`) go through a chart of ours: `kubernetes_manifest` asks the cluster for the
kind when it plans, and before KEDA is installed there is none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdktf import AssetType, TerraformAsset

from stacks.charts.pins import PublicChart

if TYPE_CHECKING:
    from stacks.engine.stack import PipelineStack

ARCHIVES_CONTEXT = "chart-archives"
"""Key of the app's context under which the paths of archives are, by the names of their charts."""


def local_chart(stack: "PipelineStack", folder: Path) -> str:
    """Return the `chart` of a Helm `Release`: a path that holds in any folder of the synthesized stack.

    `folder` holds `Chart.yaml`; its content decides the path, so that a changed chart shows in the plan.
    """
    asset = TerraformAsset(stack, f"chart-{folder.name}", path=str(folder), type=AssetType.DIRECTORY)
    return f"./{asset.path}"


@dataclass(frozen=True)
class ChartSource:
    """Arguments of a Helm `Release` that say which chart it is."""

    chart: str
    repository: str | None = None
    version: str | None = None


def public_chart(stack: "PipelineStack", chart: PublicChart) -> ChartSource:
    """Return the source of a public chart: the archive that the instance keeps, or the chart's repository.

    Terraform reads the chart for each plan, also for that of a destroy, and needs no repository with the archive.
    """
    archive = (stack.node.try_get_context(ARCHIVES_CONTEXT) or {}).get(chart.name)
    if archive is None:
        return ChartSource(chart.name, repository=chart.repository, version=chart.version)
    asset = TerraformAsset(stack, f"chart-{chart.name}", path=archive, type=AssetType.FILE)
    return ChartSource(f"./{asset.path}")
