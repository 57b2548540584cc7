"""MP4, QuickTime and 3GP files: boxes, sample tables, fragments."""
