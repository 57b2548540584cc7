"""The services of the pipeline, and what they share. Who may import whom: `pyproject.toml`, import-linter."""
