"""Webhooks: their settings and secrets, the check of their addresses, and the dispatcher that sends events to them."""
