"""Where the keyframes of a video are, found by reading as little of its container as will do. A module a container."""
