"""The public charts that an instance installs, each at one version."""

from dataclasses import dataclass

from stacks.config.versions import KEDA_VERSION


@dataclass(frozen=True, kw_only=True)
class PublicChart:
    name: str
    version: str
    repository: str
    """Address of a Helm repository, which serves its archives next to its index."""
    sha256: str | None = None
    """Digest of the archive; None until a first fetch records it in the instance's `charts.lock`."""

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.tgz"

    @property
    def url(self) -> str:
        return f"{self.repository}/{self.file_name}"


KEDA = PublicChart(name="keda", version=KEDA_VERSION, repository="https://kedacore.github.io/charts")

LOAD_BALANCER_CONTROLLER = PublicChart(
    name="aws-load-balancer-controller",
    # Its IAM policy is of the same version, see `stacks.core.load_balancer_rights`.
    version="3.5.0",
    repository="https://aws.github.io/eks-charts",
    # Of the archive in the branch gh-pages of github.com/aws/eks-charts, which the repository serves.
    sha256="45051f634b33e10baccb3354d0681b7de787c60445e599fa276e0c9aedd4ccd5",
)

PUBLIC_CHARTS = (KEDA, LOAD_BALANCER_CONTROLLER)
