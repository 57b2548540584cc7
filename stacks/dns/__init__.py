"""The dns stack: zone, certificate, and the record of the load balancer."""
