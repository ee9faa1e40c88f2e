"""From the names that `--model` and `--embedder` take to models and embedders."""

import difflib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from langgym.errors import UsageError
from langgym.models import weights
from langgym.models.chat import ChatModel
from langgym.models.faults import strip_url
from langgym.models.pace import Pace

if TYPE_CHECKING:
    from agents_db.embed import Embedder
    from langgym.models.embedded import EmbeddedModel
    from langgym.models.textserver import EndpointTextServer

DEFAULT_MODEL = "local:smollm2"
DEFAULT_EMBEDDER = "local:minilm"
FORMS = (
    *(DEFAULT_MODEL, "local:/path/to/file.gguf", "openai:NAME", "hf:OWNER/NAME[:FILE]"),
    *("completion:NAME[@STYLE]", "random", "human"),
)
"""What `--model` takes; the last two are no models but policies, and are not opened here."""
EMBEDDER_FORMS = (DEFAULT_EMBEDDER, "openai:NAME", "hashed")
_PLACEHOLDER = "none"
"""What is sent as the key to a server that needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """How a model is opened; `None` leaves the choice to the kind of model."""

    base_url: str | None = None
    """Where the endpoint is; `None` takes OPENAI_BASE_URL."""
    api_key: str | None = None
    """`None` takes OPENAI_API_KEY; never stored."""
    timeout: float | None = None
    """Seconds for one attempt."""
    max_tries: int = 5
    pace: Pace | None = None
    """Shared by the models of one provider; `None` gives each a pace of its own."""
    temperature: float | None = None
    threads: int | None = None
    """Threads of the embedded model."""
    context: int = 4096
    """Tokens of context of the embedded model, for each parallel call."""
    parallel: int = 1
    """Calls that the embedded model answers at the same time."""


def open_model(
    name: str,
    *,
    home: Path,
    settings: ModelSettings | None = None,
    environ: Mapping[str, str] | None = None,
) -> ChatModel:
    """Returns the model called `name`; the caller closes it.

    Args:
        name: `local:smollm2`, `local:` and the path of a GGUF file, `hf:` and a repository of the hub, which is fetched
            where the home does not keep it, `openai:` and the model's name at the endpoint, or `completion:` for a
            model that completes text, in process or at the endpoint.
        home: The home, whose `models` folder has the weights.
        settings: `None` takes the defaults.
        environ: The environment; `None` takes that of the process.

    Raises:
        UsageError: The name is unknown, the weights or the key are missing, or the file is no model.
    """
    settings = settings or ModelSettings()
    environ = os.environ if environ is None else environ
    kind, _, rest = name.partition(":")
    if kind == "openai" and rest:
        return _open_endpoint(name, rest, settings, environ)
    if kind == "completion" and rest:
        return _open_completion(name, rest, home, settings, environ)
    path = _find_file(name, home, environ)
    if path is not None:
        return _open_embedded(name, path, settings)
    raise _refuse_name("model", name, FORMS)


def runs_here(name: str) -> bool:
    """Returns whether a model's name means one that runs in this process."""
    kind, _, rest = name.partition(":")
    return kind in ("local", "hf") or (kind == "completion" and _name_file(rest.rpartition("@")[0] or rest) is not None)


def open_embedder(
    name: str,
    *,
    home: Path,
    settings: ModelSettings | None = None,
    environ: Mapping[str, str] | None = None,
) -> "Embedder":
    """Returns the embedder called `name`: `local:minilm`, `openai:` and a model's name, or `hashed` (needs no files).

    Raises:
        UsageError: The name is unknown, or the weights or the key are missing.
    """
    from agents_db.embed import HashedEmbedder, MiniLMEmbedder
    from agents_db.endpoint import EndpointEmbedder

    settings = settings or ModelSettings()
    kind, _, rest = name.partition(":")
    if kind == "openai" and rest:
        base_url, key = _find_endpoint(settings, os.environ if environ is None else environ)
        return EndpointEmbedder(rest, base_url=base_url, api_key=key, timeout=settings.timeout or 60.0)
    if name == DEFAULT_EMBEDDER:
        return MiniLMEmbedder(
            weights.require_weights(home, "minilm"), weights.require_weights(home, "minilm-tokenizer")
        )
    if name == "hashed":
        return HashedEmbedder()
    raise _refuse_name("embedder", name, EMBEDDER_FORMS)


def _find_file(name: str, home: Path, environ: Mapping[str, str]) -> Path | None:
    """Returns the file of weights of a model that runs in this process; `None` where the name is none of one."""
    kind, _, rest = name.partition(":")
    if name == DEFAULT_MODEL:
        return weights.require_weights(home, "smollm2")
    if kind == "local" and rest.endswith(".gguf"):
        return Path(rest).expanduser()
    if kind == "hf" and rest:
        from langgym.models.hub import fetch_file

        return fetch_file(home, name, environ=environ, quiet=not sys.stderr.isatty())
    return None


def _name_file(rest: str) -> str | None:
    """Returns the name of a model in this process that `completion:` means; `None` where it means one elsewhere."""
    if rest == "smollm2" or rest.endswith(".gguf"):
        return rest if rest.startswith("hf:") else f"local:{rest}"
    return rest if rest.startswith("hf:") else None


def _open_completion(
    name: str, rest: str, home: Path, settings: ModelSettings, environ: Mapping[str, str]
) -> ChatModel:
    from langgym.models.completion import CompletionModel, read_style

    model, style = read_style(rest)
    here = _name_file(model)
    if here is not None:
        embedded = _open_embedded(name, cast(Path, _find_file(here, home, environ)), settings)
        return CompletionModel(
            name,
            open_server=embedded.open_engine,
            close=embedded.close,
            fingerprint=embedded.fingerprint,
            style=style,
            temperature=settings.temperature,
        )
    base_url, key = _find_endpoint(settings, environ)
    server = _open_text_server(name, model, settings, base_url=base_url, key=key)
    return CompletionModel(
        name,
        open_server=lambda: server,
        close=server.close,
        fingerprint=f"{strip_url(base_url)}#{model}",
        style=style,
        temperature=settings.temperature,
    )


def _open_text_server(
    name: str, model: str, settings: ModelSettings, *, base_url: str, key: str
) -> "EndpointTextServer":
    from langgym.models.channel import EndpointChannel
    from langgym.models.textserver import EndpointTextServer

    pace = settings.pace or Pace()

    def open_channel(url: str) -> EndpointChannel:
        return EndpointChannel(
            url,
            model=model,
            api_key=key,
            timeout=settings.timeout or 120.0,
            max_tries=settings.max_tries,
            pace=pace,
        )

    base_url = base_url.rstrip("/")
    return EndpointTextServer(open_channel(base_url.removesuffix("/v1")), open_channel(base_url), name=name)


def _open_endpoint(name: str, model: str, settings: ModelSettings, environ: Mapping[str, str]) -> ChatModel:
    from langgym.models.endpoint import EndpointModel

    base_url, key = _find_endpoint(settings, environ)
    return EndpointModel(
        name,
        model=model,
        base_url=base_url,
        api_key=key,
        timeout=settings.timeout or 120.0,
        max_tries=settings.max_tries,
        temperature=settings.temperature,
        pace=settings.pace,
    )


def _find_endpoint(settings: ModelSettings, environ: Mapping[str, str]) -> tuple[str, str]:
    """Returns base URL and key; only the default endpoint cannot do without a key."""
    from langgym.models.endpoint import OPENAI_URL

    base_url = settings.base_url or environ.get("OPENAI_BASE_URL", "").strip()
    key = settings.api_key or environ.get("OPENAI_API_KEY", "").strip()
    if not key and not base_url:
        raise UsageError("No key: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs none.")
    return base_url or OPENAI_URL, key or _PLACEHOLDER


def _open_embedded(name: str, path: Path, settings: ModelSettings) -> "EmbeddedModel":
    from langgym.models.embedded import DEFAULT_TEMPERATURE, EmbeddedModel

    return EmbeddedModel(
        path,
        name=name,
        context=settings.context,
        parallel=settings.parallel,
        threads=settings.threads,
        temperature=DEFAULT_TEMPERATURE if settings.temperature is None else settings.temperature,
        timeout=settings.timeout or 300.0,
    )


def _refuse_name(what: str, name: str, forms: tuple[str, ...]) -> UsageError:
    near = difflib.get_close_matches(name, forms, n=1, cutoff=0.5)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return UsageError(f"No {what} {name!r}.{guess} Known are {', '.join(forms)}.")
