"""Settings of the api."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode

from services.contract.settings.pipeline import Port
from services.contract.settings.prices import UnitPrices
from services.contract.settings.thumbnails import ThumbnailSettings

MIN_TOKEN_LENGTH = 16
"""Minimum length of a token: the session cookies are signed with a key made from it."""


API_TOKEN_PREFIX = "tnp_"  # noqa: S105 - the beginning of a token
"""Beginning of each API token, by which people, scanners of secrets and the load balancer recognise it."""


class ApiSettings(ThumbnailSettings):
    pipeline_name: str = Field(
        default="thumbnails",
        description="Name of the pipeline. The dashboard shows it, and a purge asks people to type it.",
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        examples=["thumbnails"],
    )
    api_host: str = Field(
        default="0.0.0.0",  # noqa: S104 - in a pod, behind a network policy and a load balancer
        description="Address that the api listens on.",
        examples=["127.0.0.1"],
    )
    api_port: Port = Field(default=8000, description="Port of HTTP and /ws.", examples=["8000"])
    api_metrics_port: Port | None = Field(
        default=None,
        description="Port of the Prometheus metrics, not reachable through the load balancer; off when unset.",
        examples=["9090"],
    )
    api_public_url: str | None = Field(
        default=None,
        description="Address that browsers use. Only pages of this origin, scheme included, may open /ws and act. "
        "Unset: the scheme and host of each request.",
        pattern=r"^https?://[^/]+$",
        examples=["https://thumbnail.example.com"],
    )
    frames_enabled: bool = Field(
        default=False,
        description="True if the frames service runs at the same address: the api then signs URLs of frames.",
        examples=["true"],
    )
    api_keep_alive_s: int = Field(
        default=3610,
        description="Seconds that an idle connection stays open. It must be longer than at the load balancer, which "
        "otherwise answers 502.",
        ge=1,
        examples=["3610"],
    )
    api_max_header_bytes: int = Field(
        default=65_536,
        description="Maximum bytes of a request's address and headers together; more is answered with 431. The load "
        "balancer sends at most 64 KiB.",
        ge=8192,
        le=1_048_576,
        examples=["65536"],
    )
    api_max_connections: int = Field(
        default=4096,
        description="Maximum number of open connections, WebSockets included; must be above MAX_SOCKETS. Beyond it, "
        "the api closes the connection that is idle longest, or answers 503 if none is idle. Probes of /health are "
        "always answered.",
        ge=64,
        le=200_000,
        examples=["4096"],
    )
    api_header_timeout_s: float = Field(
        default=10,
        description="Maximum seconds from the opening of a connection to the end of the request's headers; 408 "
        "afterwards.",
        gt=0,
        le=300,
        examples=["10"],
    )
    api_transfer_timeout_s: float = Field(
        default=60,
        description="Maximum seconds that the body of a request takes (408 afterwards), and that a client leaves an "
        "answer unread.",
        gt=0,
        le=3600,
        examples=["60"],
    )
    api_shutdown_grace_s: float = Field(
        default=15, description="Seconds after a SIGTERM for requests in progress.", gt=0, le=3600, examples=["15"]
    )
    max_receive_count: int = Field(
        default=5,
        description="Attempts before a video counts as failed; the same value as the worker's.",
        ge=1,
        le=1000,
        examples=["5"],
    )
    worker_namespace: str = Field(
        default="default",
        description="Kubernetes namespace of the pods that the api shows.",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        examples=["thumbnails"],
    )
    test_source_bucket: str | None = Field(
        default=None,
        description="Bucket with the videos that Test Pipeline copies; without it, Test Pipeline is off.",
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        examples=["thumbnails-videos-test-123456789012"],
    )
    pods_source: Literal["kubernetes", "file", "none"] = Field(
        default="kubernetes",
        description="Source of the pods: the Kubernetes cluster of the api, the file of a local supervisor, or none.",
        examples=["kubernetes"],
    )
    pods_file: Path | None = Field(
        default=None, description="File in which a local supervisor lists its processes.", examples=["/run/pods.json"]
    )
    cost_prices: Annotated[UnitPrices | None, NoDecode] = Field(
        default=None,
        description="Unit prices of the instance as JSON, for the estimate of the month's cost: see "
        "services/contract/settings/prices.py. Without it, only the usage is shown.",
        examples=[
            (
                '{"as_of":"2026-11","region":"us-east-1","fixed_month":246.2,"worker_hour":0.0494,'
                '"worker_concurrency":2,"worker_lingering_s":197,"video":0.00005,"storage_gb_month":0.023}'
            )
        ],
    )
    log_group: str | None = Field(
        default=None,
        description="Log group in CloudWatch Logs with the lines of all pods. Without it and without LOG_FOLDER, the "
        "api has no logs.",
        pattern=r"^[A-Za-z0-9._/#-]{1,512}$",
        examples=["/thumbnails/pods"],
    )
    log_folder: Path | None = Field(
        default=None,
        description="Folder in which a local supervisor keeps the logs of its processes.",
        examples=[".thumbnails/logs"],
    )
    auth_mode: Literal["token", "oidc", "none"] = Field(
        default="token",
        description="Access control: token (callers need a token), oidc (the load balancer has logged them in) or "
        "none (everyone may act).",
        examples=["token"],
    )
    auth_tokens: SecretStr | None = Field(
        default=None,
        description="The tokens themselves, for tests: operator tokens separated by commas (the current and the "
        'previous one), or JSON such as {"operator": ["..."], "viewer": ["..."]}. Mode token needs this setting or '
        "one of the next two.",
        examples=["k3J9hT0qVx2LwZ8s"],
    )
    auth_token_file: Path | None = Field(
        default=None,
        description="File with the tokens, in the form of AUTH_TOKENS; the api reads it again every second.",
        examples=["/run/secrets/api-token"],
    )
    auth_token_secret: str | None = Field(
        default=None,
        description="Secret in Secrets Manager with the tokens, in the form of AUTH_TOKENS; the api reads it again "
        "every minute. It accepts the current and the previous version, so that a rotation ends no session at once.",
        pattern=r"^[A-Za-z0-9/_+=.@:-]{1,512}$",
        examples=["thumbnails/api-token"],
    )
    auth_oidc_signer: str | None = Field(
        default=None,
        description="ARN of the load balancer that signs x-amzn-oidc-data, or the ARN up to its last slash.",
        pattern=r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/.+$",
        examples=["arn:aws:elasticloadbalancing:ap-southeast-2:123456789012:loadbalancer/app/thumbnails/"],
    )
    auth_oidc_issuer: str | None = Field(
        default=None,
        description="Issuer that must be in the signed header.",
        pattern=r"^https://.+$",
        examples=["https://login.example.com"],
    )
    auth_oidc_operator_claim: str = Field(
        default="groups", description="Claim that distinguishes operators from viewers.", examples=["groups"]
    )
    auth_oidc_operator_value: str = Field(
        default="operators",
        description="Value of that claim, or one of its values, that makes a caller an operator.",
        examples=["operators"],
    )
    auth_oidc_keys_url: str | None = Field(
        default=None,
        description="Address of the load balancer's public keys, without the key id; by default the region's.",
        pattern=r"^https?://.+[^/]$",
        examples=["https://public-keys.auth.elb.ap-southeast-2.amazonaws.com"],
    )
    session_lifetime_s: int = Field(
        default=604_800, description="Lifetime of a login in seconds.", ge=60, le=31_536_000, examples=["604800"]
    )
    trusted_proxies: int = Field(
        default=1,
        description="Proxies in front of the api that append to X-Forwarded-For: 1 behind a load balancer, 0 without. "
        "The api counts failed logins for the address that this gives.",
        ge=0,
        le=10,
        examples=["1"],
    )
    upload_max_mb: int = Field(
        default=10_240, description="Maximum size of an upload in MiB.", ge=1, le=5_242_880, examples=["10240"]
    )
    events_allow_private_targets: bool = Field(
        default=False,
        description="Let webhooks have addresses of private networks and of this machine, and plain HTTP.",
        examples=["true"],
    )
    events_bus: str | None = Field(
        default=None,
        description="Event bus of EventBridge that gets each event as well; unset for none.",
        pattern=r"^[A-Za-z0-9._/-]{1,256}$",
        examples=["thumbnails"],
    )
    uploads_expire: bool = Field(
        default=False,
        description="True if a rule of the bucket deletes old uploads: their thumbnails stay, so that a reconciliation "
        "removes nothing unless a person asks for it.",
        examples=["true"],
    )
    url_lifetime_s: int = Field(
        default=900,
        description="Minimum lifetime of a presigned URL in seconds.",
        ge=60,
        le=43_200,
        examples=["900"],
    )
    push_interval_s: float = Field(
        default=5, description="Seconds between two messages over /ws.", ge=0.1, le=60, examples=["5"]
    )
    max_sockets: int = Field(
        default=2000,
        description="Maximum number of WebSocket clients of one process.",
        ge=1,
        le=100_000,
        examples=["2000"],
    )

    @field_validator("cost_prices", mode="before")
    @classmethod
    def _parse_prices(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return UnitPrices.model_validate_json(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            # One message instead of one for each missing part, which would be taken for settings.
            raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None

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
        if self.log_group and self.log_folder:
            raise ValueError("LOG_GROUP and LOG_FOLDER are two sources of logs: set one of them")
        if self.api_port == self.api_metrics_port:
            raise ValueError("API_METRICS_PORT and API_PORT are the same port: give each its own")
        if self.events_bus and not self.events_enabled:
            raise ValueError("EVENTS_BUS needs EVENTS_ENABLED=true: no events are written without it")
        if self.max_sockets >= self.api_max_connections:
            raise ValueError("MAX_SOCKETS leaves no connection for anything else: set it below API_MAX_CONNECTIONS")
        return self
