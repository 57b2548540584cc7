"""The commands deploy, destroy, diff, smoke, images, cost and graph; each is a nox session of that name."""
