"""Tokens of transactions: DynamoDB's rules over HTTP, and how much the embedded AWS keeps of each."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from ministack.services import dynamodb

from services.local.embedded_aws.tokens import TransactionDigest, install_digests

if TYPE_CHECKING:
    from tests.support.aws_clients import Clients

TABLE = "tokens"


@pytest.fixture
def table(clients: Clients) -> Any:
    client = clients.dynamodb
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    yield client
    client.delete_table(TableName=TABLE)


def count(client: Any, pk: str, token: str) -> None:
    update = {
        "TableName": TABLE,
        "Key": {"pk": {"S": pk}},
        "UpdateExpression": "ADD times :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    client.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=token)


def read(client: Any, pk: str) -> Any:
    return client.get_item(TableName=TABLE, Key={"pk": {"S": pk}}).get("Item")


def test_a_transaction_repeated_with_its_token_has_one_effect(table: Any) -> None:
    count(table, "a", "first")
    count(table, "a", "first")
    assert read(table, "a") == {"pk": {"S": "a"}, "times": {"N": "1"}}

    count(table, "a", "second")
    assert read(table, "a") == {"pk": {"S": "a"}, "times": {"N": "2"}}


def test_a_token_is_refused_for_another_transaction(table: Any) -> None:
    count(table, "b", "taken")

    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        count(table, "c", "taken")

    assert read(table, "c") is None


def test_a_token_keeps_a_digest_of_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "_txn_token_store", dynamodb._txn_token_store)  # noqa: SLF001 - put back at the end
    transaction = {"TransactItems": [{"Put": {"TableName": TABLE, "Item": {"pk": {"S": "x" * 10_000}}}}]}
    install_digests()

    dynamodb._txn_token_store("large", {"signature": transaction, "response": {}, "sizes": {}})  # noqa: SLF001
    kept = dynamodb._txn_token_lookup("large")  # noqa: SLF001

    assert kept["signature"] == {**transaction}
    assert kept["signature"] != {"TransactItems": []}
    assert kept["response"] == {}
    assert len(pickle.dumps(kept)) < 500
    assert isinstance(kept["signature"], TransactionDigest)
