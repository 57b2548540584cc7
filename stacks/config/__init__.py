"""The typed config: `pipeline.toml`, its sections, errors and reference page."""
