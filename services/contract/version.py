"""The version of the project: one for all of its parts, in their images as well."""

VERSION = "0.1.0"
"""`pyproject.toml` says the same, and images are tagged with it unless the config names another tag."""
