"""Definitions that all parts of the pipeline share. Pure: no I/O, and no imports from the other parts."""
