"""Benchmark of frames on demand: their reads, and the service over HTTP."""
