"""Reconciliation: make the set of thumbnails equal to the uploads."""
