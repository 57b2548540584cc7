"""`graph`: the architecture as a drawing, from what the stacks synthesize."""
