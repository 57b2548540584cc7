"""The workloads stack: the pipeline's pods, their autoscaling and the load balancer."""
