"""Benchmark of the extraction against other tools: CPU, bytes, requests and memory for three thumbnails."""
