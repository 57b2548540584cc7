"""Frames on demand: any frame of any video over HTTP, extracted by the worker's sandbox and cached in the bucket.

`app.make_app` is the application, `__main__` starts it.
"""
