"""The child process that decodes: fork server, limits, seccomp filter, wire format."""
