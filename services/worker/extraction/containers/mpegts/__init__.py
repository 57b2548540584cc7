"""MPEG transport streams."""
