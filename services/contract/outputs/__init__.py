"""Outputs of a video beside its pictures."""
