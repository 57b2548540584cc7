"""Outputs of the workloads stack."""

from dataclasses import dataclass

from stacks.engine.outputs import output


@dataclass(frozen=True, kw_only=True)
class WorkloadsOutputs:
    dashboard_url: str = output("Address of the dashboard: the load balancer's own name until there is a certificate.")
