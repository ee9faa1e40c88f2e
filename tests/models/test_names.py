"""Names of models and embedders, and what is said when one cannot be opened."""

from pathlib import Path

import pytest

from langgym.errors import UsageError
from langgym.models import embedded
from langgym.models.embedded import EmbeddedModel
from langgym.models.endpoint import OPENAI_URL
from langgym.models.names import ModelSettings, open_embedder, open_model


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF and more")
    return path


def test_endpoint_takes_the_default_address_with_a_key(home: Path) -> None:
    model = open_model("openai:gpt", home=home, environ={"OPENAI_API_KEY": "k"})
    assert (model.name, model.fingerprint) == ("openai:gpt", f"{OPENAI_URL}#gpt")


def test_endpoint_takes_the_address_of_the_environment_without_a_key(home: Path) -> None:
    model = open_model("openai:gpt", home=home, environ={"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"})
    assert model.fingerprint == "http://127.0.0.1:8000/v1#gpt"


def test_given_address_outranks_the_environment(home: Path) -> None:
    settings = ModelSettings(base_url="http://given/v1")
    model = open_model("openai:gpt", home=home, settings=settings, environ={"OPENAI_BASE_URL": "http://other/v1"})
    assert model.fingerprint == "http://given/v1#gpt"


def test_model_names_may_hold_colons_and_slashes(home: Path) -> None:
    settings = ModelSettings(base_url="http://given/v1")
    assert open_model("openai:org/model:free", home=home, settings=settings).fingerprint.endswith("#org/model:free")


@pytest.mark.parametrize("opening", [open_model, open_embedder])
def test_missing_key_says_what_to_set(opening: object, home: Path) -> None:
    assert callable(opening)
    with pytest.raises(UsageError, match="No key: set OPENAI_API_KEY"):
        opening("openai:gpt", home=home, environ={})


@pytest.mark.parametrize(("opening", "name"), [(open_model, "local:smollm2"), (open_embedder, "local:minilm")])
def test_missing_weights_say_how_to_fetch_them(opening: object, name: str, home: Path) -> None:
    assert callable(opening)
    with pytest.raises(UsageError, match="run `langgym models fetch`"):
        opening(name, home=home)


@pytest.mark.parametrize("name", ["local:smollm", "smollm2", "local:", "openai:", "", "gpt-4"])
def test_unknown_model_lists_the_forms(name: str, home: Path) -> None:
    with pytest.raises(UsageError, match=r"local:smollm2, local:/path/to/file\.gguf, openai:NAME"):
        open_model(name, home=home)


def test_unknown_name_suggests_the_nearest(home: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'local:smollm2'"):
        open_model("local:smolm2", home=home)


def test_unknown_embedder_lists_the_forms(home: Path) -> None:
    with pytest.raises(UsageError, match="local:minilm, openai:NAME, hashed"):
        open_embedder("minilm6", home=home)


def test_any_gguf_file_is_a_model(gguf: Path, home: Path) -> None:
    model = open_model(f"local:{gguf}", home=home)
    assert isinstance(model, EmbeddedModel)
    assert (model.name, model.has_schema, model.fingerprint[:7]) == (f"local:{gguf}", True, "sha256:")


def test_changed_weights_have_another_fingerprint(gguf: Path, home: Path) -> None:
    model = open_model(f"local:{gguf}", home=home)
    before = model.fingerprint
    gguf.write_bytes(b"GGUF and something else")
    assert model.fingerprint != before


@pytest.mark.parametrize("content", [None, b"<html>"], ids=["missing", "not weights"])
def test_file_that_is_no_model_is_refused(content: bytes | None, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"no\.gguf"):
        open_model(f"local:{path}", home=home)


def test_missing_engine_says_how_to_install_it(gguf: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'langgym\[local\]'"):
        open_model(f"local:{gguf}", home=home)


def test_hashed_embedder_needs_no_files(home: Path) -> None:
    assert open_embedder("hashed", home=home).name == "hashed-256"
