"""Where the live state comes from: the queue, the videos table, the pods."""
