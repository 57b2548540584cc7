"""One boto3 client per service and process, with explicit time-outs and retries.

boto3's default chain finds the credentials (IRSA on EKS) and `AWS_ENDPOINT_URL` (the embedded AWS on one machine).
Clients are thread-safe; sessions are not, so the session is not kept.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config
from botocore.handlers import add_expect_header

from services.aws.deadline import enforce_deadlines

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

_REGIONAL = Config(
    signature_version="s3v4", s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
)
"""Without it, botocore signs URLs and forms with Signature V2, which newer regions refuse, and for the global host.
That redirects to the bucket's region for hours after the bucket was made, and an upload of a browser cannot follow."""


@dataclass(frozen=True)
class Clients:
    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"


@dataclass(frozen=True)
class Patience:
    """Time-outs and attempts of one call. The defaults are for background work.

    `poll_s` is added to the read time-out of SQS: a long poll answers after up to 20 s, and a shorter time-out would
    cut every idle poll short.
    """

    attempts: int = 4
    connect_s: float = 3
    read_s: float = 15
    poll_s: float = 20
    retry_mode: Literal["adaptive", "standard"] = "adaptive"

    @property
    def max_call_s(self) -> float:
        """Upper limit of one call while AWS does not answer: all attempts, and botocore's pauses of up to 2^n s."""
        pauses_s = sum(2.0**retry for retry in range(self.attempts - 1))
        return self.attempts * (self.connect_s + self.read_s + self.poll_s) + pauses_s


def make_clients(  # noqa: PLR0913 - each is a choice of its own, and all but one have a default
    region: str,
    *,
    connections: int,
    patience: Patience | None = None,
    endpoint: str | None = None,
    credentials: tuple[str, str] | None = None,
    session: boto3.Session | None = None,
) -> Clients:
    """Return clients for `region`; each keeps at most `connections` connections open.

    An endpoint and credentials (key id and secret) are for the embedded AWS, when this process' own environment does
    not point to it. Clients of one session share what botocore loads for them: 14 MB, 0.1 s.
    """
    patience = patience or Patience()
    key_id, secret = credentials or (None, None)
    session = session or boto3.Session(region_name=region, aws_access_key_id=key_id, aws_secret_access_key=secret)

    def config(read_timeout_s: float) -> Config:
        return Config(
            connect_timeout=patience.connect_s,
            read_timeout=read_timeout_s,
            retries={"mode": patience.retry_mode, "total_max_attempts": patience.attempts},
            max_pool_connections=connections,
            tcp_keepalive=True,
        )

    clients = Clients(
        s3=session.client("s3", endpoint_url=endpoint, config=config(patience.read_s).merge(_REGIONAL)),
        sqs=session.client("sqs", endpoint_url=endpoint, config=config(patience.poll_s + patience.read_s)),
        dynamodb=session.client("dynamodb", endpoint_url=endpoint, config=config(patience.read_s)),
    )
    # botocore waits for S3's permission ("Expect: 100-continue") before it sends a body: a round trip for each picture.
    clients.s3.meta.events.unregister("before-call.s3", add_expect_header)
    for client in (clients.s3, clients.sqs, clients.dynamodb):
        enforce_deadlines(client)
    return clients
