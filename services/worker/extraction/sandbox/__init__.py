"""Sandbox: fork server, child processes with limits and a seccomp filter, and their protocol."""
