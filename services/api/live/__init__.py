"""Live state: sampled once per tick and pushed to every client."""
