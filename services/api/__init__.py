"""The api: live state of the pipeline, actions on it, and access control."""
