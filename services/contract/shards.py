"""Shards of the videos table: several items for the totals and several partition keys of the index. Pure.

DynamoDB cancels a transaction while another one changes the same item, and limits the writes to one partition key.
Docs: docs/decisions/0010-shards-of-the-videos-table.md.
"""

import hashlib

from services.contract.resources import TOTALS_KEY

MAX_SHARDS = 64
"""Maximum number of items of totals: one BatchGetItem reads at most 100 items."""

SHARDS_PER_PARTITION = 16
"""Shards of the totals for each partition key of the index: transactions collide long before an index is too busy."""


def choose_shard(key: str, shards: int) -> int:
    """Return the shard of an upload: the same for each write of its record, and for each retry of a write."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % shards


def totals_key(shard: int) -> str:
    """Return the key of a shard's totals. The first has the key of the only one in a table without shards."""
    return f"{TOTALS_KEY}#{shard}" if shard else TOTALS_KEY


def count_partitions(shards: int) -> int:
    """Return the number of partition keys that the index has for each state."""
    return -(-shards // SHARDS_PER_PARTITION)


def index_key(state: str, partition: int) -> str:
    """Return a partition key of the index. The first of each state is the state itself."""
    return f"{state}#{partition}" if partition else state


def index_key_of(key: str, state: str, shards: int) -> str:
    """Return the partition key of the index for the record of an upload."""
    return index_key(state, choose_shard(key, shards) % count_partitions(shards))


def parse_state(text: str) -> str:
    """Return the state that a partition key of the index is for."""
    return text.partition("#")[0]
