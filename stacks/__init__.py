"""The CDKTF stacks: one typed config becomes the whole AWS setup."""

from stacks.engine.loading import install

VERSION = "0.1.0"
"""Of the project: `pyproject.toml` says the same, and images are tagged with it unless the config names another tag."""

# Before any module of ours imports a provider, wherever the import comes from: it would cost 20 s otherwise.
install()
