"""One boto3 client per service and process, with time-outs and retries set on purpose.

boto3's default chain finds the credentials (IRSA on EKS) and `AWS_ENDPOINT_URL` (the embedded AWS on one machine).
Clients are thread-safe; sessions are not, so the session is not kept.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

_CONNECT_TIMEOUT_S = 3
_READ_TIMEOUT_S = 15
_LONGEST_POLL_S = 20
_SIGNATURE = Config(signature_version="s3v4")


@dataclass(frozen=True)
class Clients:
    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"


def connect(
    region: str,
    *,
    connections: int,
    attempts: int = 4,
    endpoint: str | None = None,
    credentials: tuple[str, str] | None = None,
) -> Clients:
    """Clients for `region`; each keeps at most `connections` connections open and tries a call so many times.

    An endpoint and credentials (key id and secret) are for the embedded AWS, when this process' own environment does
    not point to it.
    """
    key_id, secret = credentials or (None, None)
    session = boto3.Session(region_name=region, aws_access_key_id=key_id, aws_secret_access_key=secret)

    def config(read_timeout_s: float) -> Config:
        return Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "adaptive", "total_max_attempts": attempts},
            max_pool_connections=connections,
            tcp_keepalive=True,
        )

    return Clients(
        # Named, because botocore still signs URLs and forms in the way that newer regions refuse, with a host that
        # redirects.
        s3=session.client("s3", endpoint_url=endpoint, config=config(_READ_TIMEOUT_S).merge(_SIGNATURE)),
        # A long poll answers after up to 20 s: a shorter time-out would cut every idle poll short.
        sqs=session.client("sqs", endpoint_url=endpoint, config=config(_LONGEST_POLL_S + _READ_TIMEOUT_S)),
        dynamodb=session.client("dynamodb", endpoint_url=endpoint, config=config(_READ_TIMEOUT_S)),
    )
