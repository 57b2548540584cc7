"""The pods of an instance: how many there are at least and at most, and what Fargate bills for each."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from stacks.config.fargate import billed_size
from stacks.config.model import PipelineConfig
from stacks.config.pods import Web

_ROLLOUT_SURGE = 0.25
"""A Deployment that is rolled out has that share of pods more for a while: `maxSurge` in `stacks/workloads`."""


@dataclass(frozen=True, kw_only=True)
class FargatePods:
    """Pods of one kind, with the size that is billed for each."""

    name: str
    min_count: int
    max_count: int
    cpu_millis: int
    memory_mib: int

    @property
    def vcpus(self) -> float:
        return self.cpu_millis / 1000

    @property
    def memory_gb(self) -> float:
        return self.memory_mib / 1024


def list_system_pods(config: PipelineConfig) -> Iterator[FargatePods]:
    """Yield the pods besides api, frontend, frames and worker."""
    controllers = config.load_balancer.controller_replicas
    yield _pods("CoreDNS", 2, 2, cpu_millis=250, memory_mib=256)
    yield _pods("metrics-server", 2, 2, cpu_millis=250, memory_mib=256)
    yield _pods("KEDA operator", 1, 1, cpu_millis=250, memory_mib=768)
    yield _pods("KEDA metrics server", 1, 1, cpu_millis=250, memory_mib=256)
    yield _pods("load balancer controller", controllers, controllers, cpu_millis=250, memory_mib=256)
    if config.cluster.pod_metrics != "none":
        yield _pods("ADOT collector", 1, 1, cpu_millis=250, memory_mib=768)


def list_pods(config: PipelineConfig) -> Iterator[FargatePods]:
    yield from list_system_pods(config)
    for name, web in _list_web(config).items():
        yield _pods(name, web.min_replicas, web.max_replicas, cpu_millis=web.cpu_millis, memory_mib=web.memory_mib)
    worker = config.worker
    yield _pods("worker", 0, worker.max_replicas, cpu_millis=worker.cpu_millis, memory_mib=worker.memory_mib)


def _list_web(config: PipelineConfig) -> dict[str, Web]:
    """Return the sections of the pods that answer requests, by their names."""
    frames = {"frames": config.frames} if config.frames.enabled else {}
    return {"api": config.api, "frontend": config.frontend, **frames}


def max_vcpus(config: PipelineConfig) -> float:
    """Return the vCPUs when everything is scaled out while all pods of the pipeline are rolled out at once."""
    surging = (*_list_web(config), "worker")
    return sum(
        (entry.max_count + (math.ceil(entry.max_count * _ROLLOUT_SURGE) if entry.name in surging else 0)) * entry.vcpus
        for entry in list_pods(config)
    )


def largest_fit(config: PipelineConfig, vcpus: float) -> dict[str, int] | None:
    """Return the settings to lower so that `max_vcpus` is within `vcpus`, with their largest values.

    Workers are lowered first, then the most pods of the others as well. None if not even one of each fits.
    """
    web = _list_web(config)
    for most in range(max(section.max_replicas for section in web.values()), 0, -1):
        limits = {name: max(one.min_replicas, min(one.max_replicas, most)) for name, one in web.items()}
        lower = {name: web[name].model_copy(update={"max_replicas": limit}) for name, limit in limits.items()}
        for workers in range(config.worker.max_replicas, 0, -1):
            worker = config.worker.model_copy(update={"max_replicas": workers})
            lowered = config.model_copy(update={**lower, "worker": worker})
            if max_vcpus(lowered) <= vcpus:
                return {
                    f"{name}.max_replicas": getattr(lowered, name).max_replicas
                    for name in ("worker", *web)
                    if getattr(lowered, name) != getattr(config, name)
                }
    return None


def _pods(name: str, min_count: int, max_count: int, *, cpu_millis: int, memory_mib: int) -> FargatePods:
    billed_cpu, billed_memory = billed_size(cpu_millis, memory_mib)
    return FargatePods(
        name=name, min_count=min_count, max_count=max_count, cpu_millis=billed_cpu, memory_mib=billed_memory
    )
