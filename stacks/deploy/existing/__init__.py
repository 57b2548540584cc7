"""Checks of what the config names in the account and the stacks do not make: a wrong name is found before a change."""
