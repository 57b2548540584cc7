"""Reads of the source in ranges, with limits on bytes and requests."""
