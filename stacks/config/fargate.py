"""The sizes that a Fargate pod can have.

https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
"""

OVERHEAD_MIB = 256
"""Memory that Fargate adds to a pod's request for the Kubernetes components, before it rounds up."""

_GIB = 1024

MEMORY_MIB = {
    250: (512, 1 * _GIB, 2 * _GIB),
    500: tuple(gib * _GIB for gib in range(1, 5)),
    1000: tuple(gib * _GIB for gib in range(2, 9)),
    2000: tuple(gib * _GIB for gib in range(4, 17)),
    4000: tuple(gib * _GIB for gib in range(8, 31)),
}
"""Memory sizes that Fargate offers, by CPU in thousandths of a vCPU."""


def billed_size(cpu_millis: int, memory_mib: int) -> tuple[int, int]:
    """Return CPU (thousandths of a vCPU) and memory (MiB) that Fargate bills for a pod with these requests.

    Raises:
        ValueError: no size is that large.
    """
    needed_mib = memory_mib + OVERHEAD_MIB
    for cpu, sizes in MEMORY_MIB.items():
        fitting = [size for size in sizes if cpu >= cpu_millis and size >= needed_mib]
        if fitting:
            return cpu, fitting[0]
    raise ValueError(f"Fargate has no pod with {cpu_millis}m CPU and {memory_mib} MiB + {OVERHEAD_MIB} MiB of memory")


def is_exact(cpu_millis: int, memory_mib: int) -> bool:
    """Return whether Fargate bills exactly what the requests ask: an existing size, less the overhead."""
    return memory_mib + OVERHEAD_MIB in MEMORY_MIB.get(cpu_millis, ())
