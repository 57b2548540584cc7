"""The api's settings: see `pipeline_settings.py` for how they are read."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from services.contract.settings.pipeline import PipelineSettings, Port

MIN_TOKEN_LENGTH = 16
"""Shortest token that is accepted: the session cookies are signed with a key made from it."""


class ApiSettings(PipelineSettings):
    pipeline_name: str = Field(
        default="thumbnails",
        description="Name of the pipeline, as people know it; a purge asks to type it.",
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        examples=["thumbnails"],
    )
    api_host: str = Field(
        default="0.0.0.0",  # noqa: S104 - in a pod, where the network policy and the load balancer decide who comes
        description="Address that the api listens on.",
        examples=["127.0.0.1"],
    )
    api_port: Port = Field(default=8000, description="Port of HTTP and of /ws.", examples=["8000"])
    api_metrics_port: Port | None = Field(
        default=None,
        description="Port of the Prometheus metrics, which the load balancer never sees; off when unset.",
        examples=["9090"],
    )
    api_public_url: str | None = Field(
        default=None,
        description="Address that browsers use: the only origin, scheme included, whose pages may open /ws and act. "
        "Unset: the scheme and host of each request.",
        pattern=r"^https?://[^/]+$",
        examples=["https://thumbnail.example.com"],
    )
    api_keep_alive_s: int = Field(
        default=3610,
        description="Seconds that an idle connection is kept: above the load balancer's, or it answers 502.",
        ge=1,
        examples=["3610"],
    )
    api_max_header_bytes: int = Field(
        default=65_536,
        description="Bytes of a request's address and headers together; 431 above. The load balancer sends 64 KiB at "
        "most.",
        ge=8192,
        le=1_048_576,
        examples=["65536"],
    )
    api_max_connections: int = Field(
        default=4096,
        description="Connections at once, WebSockets included: above MAX_SOCKETS. When there are more, the one that is "
        "idle longest is closed; if none is idle, the answer is 503. Probes of /health always get through.",
        ge=64,
        le=200_000,
        examples=["4096"],
    )
    api_header_timeout_s: float = Field(
        default=10,
        description="Seconds that the headers of a request may take, from the opening of its connection on; 408 "
        "afterwards.",
        gt=0,
        le=300,
        examples=["10"],
    )
    api_transfer_timeout_s: float = Field(
        default=60,
        description="Seconds that the body of a request may take (408 afterwards), and that a client may leave an "
        "answer unread.",
        gt=0,
        le=3600,
        examples=["60"],
    )
    api_shutdown_grace_s: float = Field(
        default=15, description="Seconds that a SIGTERM leaves for requests in work.", gt=0, le=3600, examples=["15"]
    )
    max_receive_count: int = Field(
        default=5,
        description="Receives after which a video is given up, as the worker has it.",
        ge=1,
        le=1000,
        examples=["5"],
    )
    worker_namespace: str = Field(
        default="default",
        description="Kubernetes namespace whose pods are shown.",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        examples=["thumbnails"],
    )
    test_source_bucket: str | None = Field(
        default=None,
        description="Bucket with the videos that Test Pipeline copies; without it there is no Test Pipeline.",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        examples=["thumbnails-videos-test-123456789012"],
    )
    pods_source: Literal["kubernetes", "file", "none"] = Field(
        default="kubernetes",
        description="Where pods are looked up: the cluster that the api runs in, the file of a local supervisor, or "
        "nowhere.",
        examples=["kubernetes"],
    )
    pods_file: Path | None = Field(
        default=None, description="File that a local supervisor writes its processes to.", examples=["/run/pods.json"]
    )
    auth_mode: Literal["token", "oidc", "none"] = Field(
        default="token",
        description="Who may see and act: those with a token, those whom the load balancer has let in (OIDC), or "
        "everyone.",
        examples=["token"],
    )
    auth_tokens: SecretStr | None = Field(
        default=None,
        description="The tokens themselves, for tests: operator tokens separated by commas (the current one and the "
        'one before it), or JSON such as {"operator": ["..."], "viewer": ["..."]}. With mode token, this or one of '
        "the next two is needed.",
        examples=["k3J9hT0qVx2LwZ8s"],
    )
    auth_token_file: Path | None = Field(
        default=None,
        description="File with the tokens, in the form of AUTH_TOKENS; read again when it changes.",
        examples=["/run/secrets/api-token"],
    )
    auth_token_secret: str | None = Field(
        default=None,
        description="Secret in Secrets Manager with the tokens, in the form of AUTH_TOKENS; read again every minute. "
        "Its current and its previous version are both accepted, so that a rotation locks nobody out.",
        pattern=r"^[A-Za-z0-9/_+=.@:-]{1,512}$",
        examples=["thumbnails/api-token"],
    )
    auth_oidc_signer: str | None = Field(
        default=None,
        description="Load balancer that signs x-amzn-oidc-data: its ARN, or the beginning of it up to the last slash.",
        pattern=r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/.+$",
        examples=["arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:loadbalancer/app/thumbnails/"],
    )
    auth_oidc_issuer: str | None = Field(
        default=None,
        description="Issuer that the signed header must name.",
        pattern=r"^https://.+$",
        examples=["https://login.example.com"],
    )
    auth_oidc_operator_claim: str = Field(
        default="groups", description="Claim that tells operators from viewers.", examples=["groups"]
    )
    auth_oidc_operator_value: str = Field(
        default="operators",
        description="Value of that claim, or one of its values, that makes an operator.",
        examples=["operators"],
    )
    auth_oidc_keys_url: str | None = Field(
        default=None,
        description="Where the load balancer's public keys are, without the key id; that of the region unless set.",
        pattern=r"^https?://.+[^/]$",
        examples=["https://public-keys.auth.elb.ap-southeast-2.amazonaws.com"],
    )
    session_lifetime_s: int = Field(
        default=604_800, description="Seconds that a login lasts.", ge=60, le=31_536_000, examples=["604800"]
    )
    trusted_proxies: int = Field(
        default=1,
        description="Proxies in front of the api that append to X-Forwarded-For: 1 behind a load balancer, 0 without. "
        "It decides which address a failed login counts for.",
        ge=0,
        le=10,
        examples=["1"],
    )
    upload_max_mb: int = Field(
        default=10_240, description="MiB that an upload may have.", ge=1, le=5_242_880, examples=["10240"]
    )
    url_lifetime_s: int = Field(
        default=900,
        description="Seconds that a presigned URL holds at least.",
        ge=60,
        le=43_200,
        examples=["900"],
    )
    push_interval_s: float = Field(
        default=5, description="Seconds between two pushes over /ws.", ge=0.1, le=60, examples=["5"]
    )
    max_sockets: int = Field(
        default=2000, description="WebSocket clients at once, for one process.", ge=1, le=100_000, examples=["2000"]
    )

    @model_validator(mode="after")
    def _access_is_whole(self) -> Self:
        tokens = {
            "AUTH_TOKENS": self.auth_tokens,
            "AUTH_TOKEN_FILE": self.auth_token_file,
            "AUTH_TOKEN_SECRET": self.auth_token_secret,
        }
        given = [name for name, value in tokens.items() if value is not None]
        if self.auth_mode == "token" and len(given) != 1:
            raise ValueError(f"AUTH_MODE=token needs one of {', '.join(tokens)}; set: {', '.join(given) or 'none'}")
        if self.auth_mode == "oidc" and not (self.auth_oidc_signer and self.auth_oidc_issuer):
            raise ValueError("AUTH_MODE=oidc needs AUTH_OIDC_SIGNER and AUTH_OIDC_ISSUER")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.pods_source == "file") != (self.pods_file is not None):
            raise ValueError("PODS_SOURCE=file and PODS_FILE go together: set both or none")
        if self.api_port == self.api_metrics_port:
            raise ValueError("API_METRICS_PORT and API_PORT are one port: give each its own")
        if self.max_sockets >= self.api_max_connections:
            raise ValueError("MAX_SOCKETS leaves no connection for anything else: set it below API_MAX_CONNECTIONS")
        return self
