"""Models of requests and answers about API tokens."""

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.schema.models import Answer, Question, Shown

Scope = Literal["read", "act", "admin"]


class ApiTokenRequest(Question):
    name: str = Field(min_length=1, max_length=100, description="Name for people.", examples=["website"])
    scope: Scope = Field(
        description="read: as a viewer. act: as an operator. admin: also make and revoke API tokens.",
        examples=["read"],
    )
    expires_in_days: int | None = Field(
        default=90, ge=1, le=3650, description="Lifetime in days; null for a token that does not expire."
    )


class ApiToken(Answer):
    id: str = Field(examples=["5f2d0c9a1b3e4d67"])
    name: Shown = Field(examples=["website"])
    scope: Scope
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = Field(description="Null if it does not expire.")
    last_used_at: AwareDatetime | None = Field(description="Accurate to a minute; null if it was never used.")
    has_expired: bool


class CreatedApiToken(ApiToken):
    token: str = Field(
        description="Value for `Authorization: Bearer`. It is shown this once: the pipeline stores only its hash.",
        examples=["tnp_9b2cf535f27731c974343645a3985328"],
    )


class ApiTokens(Answer):
    items: list[ApiToken] = Field(description="All API tokens, the newest first, with expired ones.")
