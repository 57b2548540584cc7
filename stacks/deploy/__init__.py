"""What people do with the stacks: deploy, destroy, diff, images, cost, graph. Each is a nox session of that name."""
