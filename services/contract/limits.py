"""Limits of S3 that show in more than one place: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

MULTIPART_FROM_BYTES = 100 * 1024 * 1024
"""Uploads of this size go in parts: a lost connection then costs one part, and S3 advises it."""

MIN_PART_BYTES = 16 * 1024 * 1024
MAX_PARTS = 1000
"""Fewer than S3 takes (10,000): the list of parts stays short."""
