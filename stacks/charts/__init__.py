"""Public Helm charts: pinned here, and kept as archives in the instance's folder `charts/`."""
