"""Benchmark of the time from the end of an upload until all three thumbnails can be read, next to other tools."""
