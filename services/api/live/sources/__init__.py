"""Sources of the live state: the queue, the videos table, the pods."""
