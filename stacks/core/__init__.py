"""The core stack: network, cluster, identities, queues, storage."""
