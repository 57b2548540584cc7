"""Reconciliations of many objects: the plan of a million generated keys, and a run in the embedded AWS."""
