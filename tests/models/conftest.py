"""Prompts, sleeps and the embedded model that the tests of models share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from langgym.models.embedded import EmbeddedModel
from langgym.models.endpoint import EndpointModel
from langgym.models.loopback import ChatServer
from langgym.models.names import open_model
from langgym.models.pace import Pace

KEY = "hunter2-very-secret"


class Sleeps(list[float]):
    """The waits that were asked for; they take no time, but move the clock of whoever waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def connect(sleeps: Sleeps) -> Iterator[Callable[..., EndpointModel]]:
    """Opens models at a server; they are closed after the test."""
    opened: list[EndpointModel] = []

    def open_endpoint(server: ChatServer, **changes: object) -> EndpointModel:
        settings = {"model": "m", "base_url": server.url, "api_key": KEY, "timeout": 10.0, "sleep": sleeps}
        settings |= {"pace": Pace(clock=sleeps.clock), **changes}
        opened.append(EndpointModel("openai:m", **settings))
        return opened[-1]

    yield open_endpoint
    for model in opened:
        model.close()


@pytest.fixture(scope="session")
def model_home(weights: Path) -> Path:
    """A home whose weights are there; the test fails where they are not."""
    return weights.parent


@pytest.fixture(scope="module")
def smollm(model_home: Path) -> Iterator[EmbeddedModel]:
    model = open_model("local:smollm2", home=model_home)
    assert isinstance(model, EmbeddedModel)
    yield model
    model.close()
