"""The settings of a service: where it listens, who may come in, and how much of everything."""

import ipaddress
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """How much of everything; `GET /v1/house` tells them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: Count = 2_000
    """At once."""
    tables_per_minute: Count = 3_000
    requests_per_second: Annotated[float, Field(gt=0)] = 50.0
    """Of one address; bursts of as many as four seconds' worth pass."""
    limit_loopback: bool = False
    """Whether the rate of requests holds for this machine's own addresses too."""
    waiting: Count = 4_096
    """Requests that wait for a turn, and open event streams."""
    body_bytes: Count = 65_536
    header_bytes: Count = 16_384
    body_seconds: Seconds = 10.0
    """Until a body must have arrived."""
    json_depth: Count = 32
    decision_seconds: Seconds = 300.0
    """What a seat has for a decision where who made the table said nothing."""
    idle_seconds: Seconds = 600.0
    """How long a seat may stay open."""
    token_seconds: Annotated[float, Field(gt=0, le=315_360_000)] = 86_400.0
    """How long a seat's token holds unless it is renewed."""
    keep_seconds: Seconds = 300.0
    """How long a table that has ended can still be read."""
    kept: Count = 1_000
    """Tables that have ended and can still be read, at most: the oldest go first."""
    thinkers: Count = 16
    """Seats of the house that think at the same time."""
    workers: Count = 4
    """Threads that hold the environments."""


class ServiceSettings(BaseModel):
    """Everything that a service is started with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8642
    """0 takes a free one."""
    token: SecretStr | None = None
    """What every request must bear; needed where others than this machine can come in."""
    names: tuple[str, ...] = ()
    """Names of hosts, beside its own address, under which the service may be asked for."""
    origins: tuple[str, ...] = ()
    """Web pages that may ask, as `https://example.org`; none by default but its own."""
    limits: Limits = Limits()
    drain_seconds: Seconds = 10.0
    """What requests under way have when the service is told to stop."""

    @property
    def local(self) -> bool:
        """Whether only this machine can come in."""
        return is_loopback(self.host)

    @model_validator(mode="after")
    def _guarded(self) -> "ServiceSettings":
        if not self.local and self.token is None:
            raise ValueError(f"{self.host!r} can be reached by others: a token is needed.")
        if self.token is not None and len(self.token.get_secret_value()) < 16:
            raise ValueError("The token must have at least 16 characters.")
        return self


def is_loopback(host: str) -> bool:
    """Whether a host is this machine's own address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
