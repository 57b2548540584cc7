"""GitHub's OIDC provider and the organisation's boundary are as the config says, before bootstrap runs."""

import json
from typing import Any

import boto3
import pytest

from stacks.deploy.errors import PrerequisiteError
from stacks.deploy.existing.identities import check_identities
from stacks.deploy.stages import BOOTSTRAP, EXISTING, Need
from tests.support.bench import config

EXISTS = {"github": {"oidc_provider_exists": True}}
BOUNDARY = "arn:aws:iam::123456789012:policy/organisation"


def _provider(session: boto3.Session, *, pipeline: str | None = None, audience: str = "sts.amazonaws.com") -> None:
    session.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com",
        ClientIDList=[audience],
        ThumbprintList=["ab" * 20],
        Tags=[{"Key": "pipeline", "Value": pipeline}] if pipeline else [],
    )


def _refusal(session: boto3.Session, **values: Any) -> str:
    with pytest.raises(PrerequisiteError) as caught:
        check_identities(session, config(**values))
    return str(caught.value)


def test_an_account_without_a_provider_gets_one(session: boto3.Session) -> None:
    check_identities(session, config())
    assert "set oidc_provider_exists = false under [github]" in _refusal(session, **EXISTS)


@pytest.mark.parametrize("pipeline", [None, "thumbnails-two"])
def test_a_foreign_provider_must_be_in_the_config(session: boto3.Session, pipeline: str | None) -> None:
    _provider(session, pipeline=pipeline)
    message = _refusal(session)
    assert "account 123456789012 has the OIDC provider token.actions.githubusercontent.com already" in message
    assert "set oidc_provider_exists = true under [github]" in message
    check_identities(session, config(**EXISTS))


def test_a_wrong_flag_does_not_delete_our_provider(session: boto3.Session) -> None:
    _provider(session, pipeline="thumbnails")
    check_identities(session, config())
    message = _refusal(session, **EXISTS)
    assert "would now delete it: set oidc_provider_exists = false under [github]" in message


def test_provider_for_another_audience_gets_a_fix_command(session: boto3.Session) -> None:
    _provider(session, audience="somebody")
    message = _refusal(session, **EXISTS)
    assert "does not take the audience sts.amazonaws.com" in message
    assert "aws iam add-client-id-to-open-id-connect-provider" in message


def test_a_boundary_that_is_not_there_is_named(session: boto3.Session) -> None:
    iam = {"iam": {"permissions_boundary_arn": BOUNDARY}}
    assert f"there is no policy {BOUNDARY}: fix permissions_boundary_arn under [iam]" in _refusal(session, **iam)
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    session.client("iam").create_policy(PolicyName="organisation", PolicyDocument=document)
    check_identities(session, config(**iam))


def test_bootstrap_and_all_check_the_identities() -> None:
    assert Need.IDENTITIES in BOOTSTRAP.needs
    assert Need.IDENTITIES in EXISTING
