"""The api's token: drawn by Secrets Manager while Terraform runs, and written into no state or plan."""

from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion

if TYPE_CHECKING:
    from stacks.engine.stack import PipelineStack

_EPHEMERAL = "aws_secretsmanager_random_password"
_TOKEN_LENGTH = 48


def make_api_token(stack: "PipelineStack") -> SecretsmanagerSecret:
    """Make the secret with a first value. To rotate it, store another value: Terraform never changes it again."""
    secret = SecretsmanagerSecret(
        stack,
        "api-token",
        name=stack.names.api_token_secret,
        description=f"Token of the api of {stack.config.name}.",
        # It can be generated again: no reason to block its name for a week after a destroy.
        recovery_window_in_days=0,
    )
    # CDKTF knows no ephemeral blocks yet; Terraform does since 1.10:
    # https://developer.hashicorp.com/terraform/language/block/ephemeral
    stack.add_override(
        f"ephemeral.{_EPHEMERAL}.api-token", {"password_length": _TOKEN_LENGTH, "exclude_punctuation": True}
    )
    SecretsmanagerSecretVersion(
        stack,
        "api-token-value",
        secret_id=secret.id,
        secret_string_wo=f"${{ephemeral.{_EPHEMERAL}.api-token.random_password}}",
        secret_string_wo_version=1,
    )
    return secret
