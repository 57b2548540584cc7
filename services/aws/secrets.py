"""Secrets in Secrets Manager."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from services.aws.errors import ServiceError, translate_errors

_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
"""Short time-outs: a request waits while the tokens are read again."""


def read_secret_versions(region: str, name: str) -> list[str]:
    """Return the secret's current value and, if there is one, the previous one. Raises: ServiceError."""
    client = boto3.client("secretsmanager", region_name=region, config=_CONFIG)
    values = []
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        try:
            with translate_errors(f"read the secret {name}"):
                values.append(client.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"])
        except ServiceError as error:
            cause = error.__cause__
            is_first = isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ResourceNotFoundException"
            if not (values and is_first):
                raise
    return values
