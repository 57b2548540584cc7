"""An instance's life as a repository: rendered from the template, and brought up to date a year later."""
