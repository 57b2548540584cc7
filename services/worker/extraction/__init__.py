"""Thumbnails out of a video that is read in ranges: never downloaded, never trusted.

`sandbox.Sandbox` is the way in: it forks a child process per video that holds nothing but two pipes. `extract.extract`
is what runs in there.
"""
