"""Deploys the stacks to an emulated AWS on this machine, and compares its requests with the policies."""
