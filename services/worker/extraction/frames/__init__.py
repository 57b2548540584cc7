"""Frames: selection of a frame for each position, and decoding."""
