"""Identities of the account that bootstrap uses: GitHub's OIDC provider and the organisation's boundary."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from stacks.config.model import PipelineConfig
from stacks.deploy.errors import PrerequisiteError
from stacks.naming import GITHUB_ISSUER, STS_AUDIENCE, Names

if TYPE_CHECKING:
    from boto3 import Session
    from types_boto3_iam import IAMClient

_FLAG = "oidc_provider_exists"


def check_identities(session: "Session", config: PipelineConfig) -> None:
    """Compare `github.oidc_provider_exists` and the boundary's ARN with the account.

    Raises:
        PrerequisiteError: naming what to write into the config.
    """
    iam = session.client("iam")
    try:
        problems = [*_provider_problems(iam, config), *_boundary_problems(iam, config)]
    except (ClientError, BotoCoreError) as error:
        raise PrerequisiteError(f"IAM could not be asked for GitHub's OIDC provider: {error}.") from None
    if problems:
        raise PrerequisiteError("; ".join(problems))


def _provider_problems(iam: "IAMClient", config: PipelineConfig) -> Iterator[str]:
    arn, expected = Names(config).github_provider_arn, config.github.oidc_provider_exists
    try:
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    except iam.exceptions.NoSuchEntityException:
        if expected:
            yield (
                f"account {config.account_id} has no OIDC provider {GITHUB_ISSUER}: set {_FLAG} = false under "
                "[github], and bootstrap makes it"
            )
        return
    makers = [tag["Value"] for tag in found.get("Tags", []) if tag["Key"] == "pipeline"]
    is_ours = makers == [config.name]
    if expected and is_ours:
        yield (
            f"bootstrap of {config.name} has made the OIDC provider {GITHUB_ISSUER} itself and would now delete it: "
            f"set {_FLAG} = false under [github]"
        )
    elif not expected and not is_ours:
        yield (
            f"account {config.account_id} has the OIDC provider {GITHUB_ISSUER} already, and AWS refuses a second: "
            f"set {_FLAG} = true under [github]"
        )
    if STS_AUDIENCE not in found.get("ClientIDList", []):
        yield (
            f"the OIDC provider {GITHUB_ISSUER} does not take the audience {STS_AUDIENCE}: run `aws iam "
            f"add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {arn} "
            f"--client-id {STS_AUDIENCE}`"
        )


def _boundary_problems(iam: "IAMClient", config: PipelineConfig) -> Iterator[str]:
    arn = config.iam.permissions_boundary_arn
    if arn is None:
        return
    try:
        iam.get_policy(PolicyArn=arn)
    except iam.exceptions.NoSuchEntityException:
        yield f"there is no policy {arn}: fix permissions_boundary_arn under [iam]"
