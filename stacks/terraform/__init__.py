"""Runs Terraform on synthesized stacks, and shows what it does."""
