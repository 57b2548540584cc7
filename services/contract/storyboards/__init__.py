"""Storyboards: their layout, and the files that describe their sheets to players. Pure."""
