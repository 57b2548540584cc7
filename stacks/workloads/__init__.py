"""What runs in the cluster: the pipeline's pods, their autoscaling and their way in."""

from stacks.workloads.stack import WorkloadsStack

__all__ = ["WorkloadsStack"]
