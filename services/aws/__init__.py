"""Bucket, queues and videos table over boto3: the I/O that worker and api share."""
