"""`diff`: plans of stacks for the terminal, for a job summary, for a later deployment, and for an issue about drift."""
