"""Tokens of DynamoDB's transactions in little memory.

ministack keeps each transaction for ten minutes, to recognize a repeated one by its token. Under the load of
`./noxw soak`, this is some 35 MB, which changes with the load. A digest of the transaction is enough.
"""
# ruff: noqa: SLF001 - as in objects.py

import hashlib
import json
from typing import Any, Final

from ministack.services import dynamodb

# The function that ours replaces, and calls.
_store: Final = dynamodb._txn_token_store


class TransactionDigest:  # noqa: PLW1641 - it equals dictionaries, which have no hash either
    """Digest of a transaction. It equals transactions, which are dictionaries, with the same digest."""

    __slots__ = ("_digest",)

    def __init__(self, transaction: dict[str, Any]) -> None:
        self._digest = _compute_digest(transaction)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and self._digest == _compute_digest(other)


def install_digests() -> None:
    """Let ministack keep digests. Call it once per process."""
    dynamodb._txn_token_store = store_token


def store_token(token: str, entry: dict[str, Any]) -> None:
    """Store the entry of a token with the digest of its transaction.

    ministack compares `entry["signature"]` with a later transaction of the same token.
    """
    _store(token, {**entry, "signature": TransactionDigest(entry["signature"])})


def _compute_digest(transaction: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(transaction, sort_keys=True).encode()).digest()
