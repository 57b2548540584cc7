"""The Kubernetes cluster that a rehearsal fills and empties."""
