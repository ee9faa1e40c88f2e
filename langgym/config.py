"""The settings of play, and where they come from.

A flag of this run outranks what the agent stores, that a `LANGGYM_*` variable, that `<home>/config.toml`, that the
default. Nothing is read from the working directory.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from langgym.errors import UsageError

CONFIG_FILE = "config.toml"
ALSO_IN_FILE = ("agent", "tui")
"""Keys of the file that are not settings of play: the agent that is meant where none is named, and the table of the
terminal interface."""
STORED = (
    *("temperature", "thought", "max_attempts", "reply_tokens", "memories", "memory_tokens", "embedder", "base_url"),
    *("decide", "curiosity", "reflector"),
)
"""Settings that an agent keeps when they are given at its creation."""


class Settings(BaseSettings):
    """How an agent plays; every field is also a flag of `langgym play`."""

    model_config = SettingsConfigDict(env_prefix="LANGGYM_", extra="ignore", frozen=True)

    model: str = "local:smollm2"
    """The language model, or `random` or `human`."""
    base_url: str | None = None
    """Of an OpenAI-compatible server; without it `OPENAI_BASE_URL` or OpenAI's own."""
    universe: str | None = None
    """The address of a service whose universe `langgym play` plays in; `None` plays in this process."""
    embedder: str = "local:minilm"
    """`local:minilm`, `openai:NAME`, or `hashed` (no weights, for tests)."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    thought: Annotated[int, Field(ge=0, le=4000)] | None = None
    """The longest thought before an answer in characters; 0 for none; `None` lets the model's kind decide."""
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    reply_tokens: Annotated[int, Field(ge=1, le=32_768)] | None = None
    """The longest reply; `None` lets the model's kind decide."""
    memories: Annotated[int, Field(ge=0, le=50)] = 5
    """Memories recalled in a turn; 0 is the arm without any memory, experience and strategies included."""
    memory_tokens: Annotated[int, Field(ge=0, le=8000)] = 400
    """The most tokens that recalled memories take in a turn, by estimate."""
    decide: Literal["model", "advised"] | None = None
    """Who decides: the model, which reads what is remembered, or its likelihoods and experience together; `None` is
    `advised` for the embedded default, which is too small to make use of what it reads."""
    curiosity: Annotated[float, Field(ge=0, le=1)] = 0.5
    """From 0, what is known to be good, to 1, what is new: in the choice of environments and in advised decisions."""
    reflector: str | None = None
    """Who draws conclusions from episodes: `grounded` counts without a model, `self` or a model's name also asks,
    `none` does neither; `None` is `self` for models behind an endpoint and `grounded` for all others."""
    max_turns: Annotated[int, Field(ge=1)] | None = None
    """Turns after which an episode is capped; `None` is 60 for embedded models and no cap for others."""
    rival: str = "random"
    """Who fills the other seats: `random`, `heuristic`, `uci:PROGRAM`, `gtp:PROGRAM`, `self` or `agent:NAME`."""
    mate: str = "random"
    """Who fills the seats of team mates: `random`, `heuristic`, `self` or `agent:NAME`."""
    max_repeats: Annotated[int, Field(ge=0)] = 100
    """How often in a row the same seats may see the same before the episode is ended; 0 for ever."""
    max_misses: Annotated[int, Field(ge=0)] = 10
    """How many decisions in a row a seat may go without a legal answer before the episode is ended; 0 for ever."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Of all agents of this process together, to one provider."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    """Of the embedded model; `None` is half of the cores."""

    @field_validator("base_url", "universe")
    @classmethod
    def _hold_no_secret(cls, address: str | None, info: ValidationInfo) -> str | None:
        """Refuses an address with a name or password in it: addresses are stored and shown, keys never are."""
        if address is not None and "@" in urlsplit(address).netloc:
            variable = "OPENAI_API_KEY" if info.field_name == "base_url" else "LANGGYM_UNIVERSE_TOKEN"
            raise ValueError(f"an address is stored: leave name and password out and use {variable}")
        return address


def load_settings(
    home: Path, *, flags: Mapping[str, JsonValue] | None = None, stored: Mapping[str, JsonValue] | None = None
) -> Settings:
    """Returns the settings of a run; flags that are `None` were not given.

    Raises:
        UsageError: A value is not allowed; the error names it and where it may come from.
    """
    _check_file(home / CONFIG_FILE)
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    kept = {name: value for name, value in (stored or {}).items() if name in (*STORED, "model")}
    try:
        # The keywords are values from outside: pydantic checks them, no type checker can.
        return _with_file(home / CONFIG_FILE)(**{**kept, **given})  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "settings"
        value = "…" if name in ("base_url", "universe") else repr(first.get("input"))  # an address may hold a password
        raise UsageError(
            f"{name}={value} is not allowed: {first['msg']}. It comes from a flag, the agent, "
            f"LANGGYM_{name.upper()} or {home / CONFIG_FILE}."
        ) from None
    except ValueError as error:
        raise UsageError(f"{home / CONFIG_FILE} cannot be read: {error}. Mend or remove it.") from None


def _check_file(path: Path) -> None:
    """Raises `UsageError` when the file holds a key that means nothing: a slip of the pen must not pass in silence."""
    if not path.is_file():
        return
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}. Mend or remove it.") from None
    known = [*Settings.model_fields, *ALSO_IN_FILE]
    for name in found:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            guess = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."
            raise UsageError(f"{path} holds {name!r}, which is no setting. {guess}")


def _with_file(path: Path) -> type[Settings]:
    class FileSettings(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path))

    return FileSettings
