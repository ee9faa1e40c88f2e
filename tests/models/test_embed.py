"""Embedders: unit vectors, equal for equal texts, and clear failures."""

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_db.embed import Embedder, EmbedderError, HashedEmbedder, MiniLMEmbedder
from agents_db.endpoint import EndpointEmbedder
from langgym.models import loopback
from langgym.models.loopback import ChatServer, Fault, make_error
from langgym.models.names import open_embedder

KEY = "hunter2-very-secret"


@pytest.fixture(scope="module")
def minilm(model_home: Path) -> Embedder:
    return open_embedder("local:minilm", home=model_home)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(lambda request: "") as running:
        yield running


@given(st.lists(st.text(max_size=30), max_size=5))
def test_hashed_vectors_have_length_one(texts: list[str]) -> None:
    vectors = HashedEmbedder(64).embed(texts)
    assert (vectors.shape, vectors.dtype) == ((len(texts), 64), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_hashed_vector_does_not_change_with_the_process() -> None:
    vector = HashedEmbedder(8).embed(["take the centre"])[0]
    assert (vector * 6).round(1).tolist() == [-2.0, 3.0, 1.0, -4.0, 0.0, 2.0, 1.0, -1.0]


def test_endpoint_gives_the_vectors_in_the_order_of_the_texts(server: ChatServer) -> None:
    texts = [f"text {number}" for number in range(150)]
    embedder = EndpointEmbedder("e", base_url=server.url)
    assert np.allclose(embedder.embed(texts), HashedEmbedder().embed(texts), atol=1e-6)
    embedder.close()


def test_endpoint_learns_its_dimension(server: ChatServer) -> None:
    embedder = EndpointEmbedder("e", base_url=server.url)
    assert (embedder.dim, embedder.fingerprint) == (256, f"{server.url}#e:256")
    embedder.close()


def test_endpoint_of_another_dimension_is_refused(server: ChatServer) -> None:
    embedder = EndpointEmbedder("e", base_url=server.url, dim=10)
    with pytest.raises(EmbedderError, match="expected 1 vectors of 10 numbers"):
        embedder.embed(["text"])
    embedder.close()


@pytest.mark.parametrize(
    "fault", [loopback.bad_key(), loopback.broken_json(), Fault(body='{"data": []}'), make_error(400, "no")]
)
def test_endpoint_that_fails_says_so_without_the_key(fault: Fault) -> None:
    with ChatServer(lambda request: "", faults=repeat(fault)) as server:
        embedder = EndpointEmbedder("e", base_url=server.url, api_key=KEY, max_tries=1)
        with pytest.raises(EmbedderError) as caught:
            embedder.embed(["text"])
        embedder.close()
    assert KEY not in f"{caught.value!r}{embedder!r}"
    assert caught.value.__context__ is None


PASSING = [loopback.overloaded(), loopback.cut_off(), loopback.dropped(), loopback.broken_json()]


@pytest.mark.parametrize("fault", PASSING, ids=["500", "cut off", "dropped", "broken JSON"])
def test_endpoint_is_asked_again_after_a_passing_fault(fault: Fault) -> None:
    sleeps: list[float] = []
    with ChatServer(lambda request: "", faults=[fault]) as server:
        embedder = EndpointEmbedder("e", base_url=server.url, sleep=sleeps.append)
        vectors = embedder.embed(["text"])
        embedder.close()
    assert (vectors.shape, sleeps) == ((1, 256), [0.5])


def test_endpoint_waits_as_long_as_it_is_asked_to() -> None:
    sleeps: list[float] = []
    with ChatServer(lambda request: "", faults=[loopback.rate_limited("7")]) as server:
        embedder = EndpointEmbedder("e", base_url=server.url, sleep=sleeps.append)
        embedder.embed(["text"])
        embedder.close()
    assert sleeps == [7.0]


def test_endpoint_is_asked_five_times_at_most() -> None:
    sleeps: list[float] = []
    with ChatServer(lambda request: "", faults=repeat(loopback.overloaded())) as server:
        embedder = EndpointEmbedder("e", base_url=server.url, sleep=sleeps.append)
        with pytest.raises(EmbedderError):
            embedder.embed(["text"])
        embedder.close()
    assert (len(server.requests), sleeps) == (5, [0.5, 1.0, 2.0, 4.0])


def test_no_texts_give_no_vectors() -> None:
    assert HashedEmbedder().embed([]).shape == (0, 256)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=r"model\.onnx"):
        MiniLMEmbedder(tmp_path / "model.onnx", tmp_path / "tokenizer.json").embed(["text"])


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_text("nothing")
    with pytest.raises(EmbedderError, match="Cannot load"):
        MiniLMEmbedder(tmp_path / "model.onnx", tmp_path / "tokenizer.json").embed(["text"])


@pytest.mark.model
def test_minilm_knows_a_paraphrase(minilm: Embedder) -> None:
    first, same, other = minilm.embed(["Take the centre.", "Occupy the middle square.", "Fold your cards."])
    assert first @ same > first @ other + 0.1


@pytest.mark.model
def test_minilm_vectors_have_length_one(minilm: Embedder) -> None:
    vectors = minilm.embed(["a", "", "word " * 1000])
    assert (vectors.shape, vectors.dtype) == ((3, minilm.dim), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.model
def test_minilm_vector_does_not_depend_on_its_neighbours(minilm: Embedder) -> None:
    together = minilm.embed(["Take the centre.", "A much longer text about something else entirely."])[0]
    assert together.tobytes() == minilm.embed(["Take the centre."])[0].tobytes()


@pytest.mark.model
def test_minilm_reads_256_tokens(minilm: Embedder) -> None:
    start = "word " * 250
    near, far = minilm.embed([start + "alpha beta", start + "word " * 10 + "alpha beta"])
    assert not np.allclose(minilm.embed([start + "gamma delta"])[0], near)
    assert np.array_equal(minilm.embed([start + "word " * 10 + "gamma delta"])[0], far)
