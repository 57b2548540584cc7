"""Deploy the stacks to an emulated AWS on this machine, and compare the requests with the policies."""
