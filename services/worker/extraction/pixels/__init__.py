"""Pixels of a decoded frame: colour, orientation, scaling, encoding."""
