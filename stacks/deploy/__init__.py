"""Commands that deploy an instance and inspect it."""
