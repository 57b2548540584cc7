"""History of the pipeline: recorded once a minute, whether or not somebody looks at it, and reported by range."""
