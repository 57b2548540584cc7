"""The commands deploy, destroy, diff, images, cost and graph; each is a nox session of that name."""
