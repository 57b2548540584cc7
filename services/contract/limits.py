"""Limits of uploads to S3 that several parts use: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

MULTIPART_FROM_BYTES = 100 * 1024 * 1024
"""Uploads of this size and above are sent in parts, as S3 recommends: a lost connection then costs one part."""

MIN_PART_BYTES = 16 * 1024 * 1024
MAX_PARTS = 1000
"""S3 allows 10,000; fewer parts keep their list short."""
