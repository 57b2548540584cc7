"""AVI files."""
