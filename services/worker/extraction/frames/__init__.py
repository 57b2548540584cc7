"""Frames: which one to take for a position, and how to decode it."""
