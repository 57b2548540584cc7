"""Bulk jobs: one change of many videos, stored in the table and continued by any process of the api."""
