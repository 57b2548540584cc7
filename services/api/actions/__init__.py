"""Actions on the pipeline: purge, reindex, redrive."""
