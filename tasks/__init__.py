"""The sessions of `noxfile.py` that only developers need, and the steps that all sessions share."""
