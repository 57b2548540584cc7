"""Extraction of thumbnails from untrusted videos that are read in byte ranges, never downloaded.

`sandbox.Sandbox` is the entry point: it forks a child process for each video, which has two pipes and no other
resource. The child runs `extract.extract`.
"""
