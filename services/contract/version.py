"""Version of the project: the same for all of its parts and their images."""

VERSION = "0.1.0"
"""Same as in `pyproject.toml`. Images are tagged with it unless the config names another tag."""
