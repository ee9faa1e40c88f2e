"""Models that complete text: in process, at llama.cpp's server, at any other server of completions."""

import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from langgym.errors import ModelError, UsageError
from langgym.models.chat import Message
from langgym.models.completion import CompletionModel, Style, read_style
from langgym.models.names import ModelSettings, open_model, runs_here
from langgym.models.testing import PROMPT, check_model, check_rating

KEY = "hunter2-very-secret"
MOVES = {"type": "object", "properties": {"move": {"type": "string", "enum": ["up", "down", "left"]}}}
TWO = {
    "type": "object",
    "properties": {
        "thought": {"type": "string", "maxLength": 90},
        "move": {"type": "string", "enum": ["up", "down"]},
        "say": {"type": "string", "enum": ["hi", "ho"]},
    },
}
LIKELY = {" the": 0.5, " B": 0.2, " A": 0.1, "\n": 0.05, " yes": 0.02}
"""What the stand-in finds likely next, and nothing else above 0.005."""


class TextStandIn(ThreadingHTTPServer):
    """A server of `/v1/completions` that lists `LIKELY`; `refuses` names fields that it does not take so."""

    daemon_threads = True

    def __init__(self, *, refuses: tuple[str, ...] = (), lists: Mapping[str, float] | None = None) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.refuses, self.lists = refuses, LIKELY if lists is None else lists
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def reply(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path != "/v1/completions":
            return 404, {"error": {"message": f"no {path}"}}
        self.bodies.append(body)
        if self.status != 200:
            return self.status, {"error": {"message": f"wrong key {KEY}"}}
        if ("grammar" in self.refuses and "grammar" in body) or ("logprobs" in self.refuses and body["logprobs"] > 5):
            return 400, {"error": {"message": "Unrecognized request argument supplied"}}
        listed = dict(list(self.lists.items())[: body.get("logprobs", 0)])
        logs = {token: math.log(share) for token, share in listed.items()}
        told = {"tokens": [" B"], "token_logprobs": [math.log(0.2)], "top_logprobs": [logs]} if listed else None
        usage = {"prompt_tokens": len(body["prompt"].split()), "completion_tokens": 1}
        return 200, {"choices": [{"text": " B", "finish_reason": "stop", "logprobs": told}], "usage": usage}


class _Handler(BaseHTTPRequestHandler):
    server: TextStandIn

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0")))))

    def _answer(self, body: dict[str, Any]) -> None:
        self.server.paths.append(self.path)
        status, reply = self.server.reply(self.path, body)
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps silent."""


Serve = Callable[..., tuple[TextStandIn, CompletionModel]]


@pytest.fixture
def serve(home: Path) -> Iterator[Serve]:
    """Opens a stand-in and a model at it."""
    opened: list[tuple[TextStandIn, CompletionModel]] = []

    def start(style: str = "", **changes: Any) -> tuple[TextStandIn, CompletionModel]:
        server = TextStandIn(**changes)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings = ModelSettings(base_url=server.url, api_key=KEY, timeout=10.0, max_tries=1)
        model = open_model(f"completion:pythia{style}", home=home, settings=settings)
        assert isinstance(model, CompletionModel)
        opened.append((server, model))
        return server, model

    yield start
    for server, model in opened:
        model.close()
        server.shutdown()
        server.server_close()


def ask_moves(model: CompletionModel, **options: Any) -> str:
    return json.loads(model.complete(PROMPT, schema=MOVES, **options).text)["move"]


# Names


def test_name_without_a_style_is_asked_in_plain_text() -> None:
    assert read_style("EleutherAI/pythia-410m") == ("EleutherAI/pythia-410m", Style())


def test_unknown_style_is_refused_with_those_that_are_known(home: Path) -> None:
    with pytest.raises(UsageError, match=r"'alpacca' after '@'\. Known are plain, alpaca, chat, names, letters"):
        open_model("completion:pythia@alpacca", home=home)


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("local:smollm2", True),
        ("hf:o/n", True),
        ("completion:smollm2", True),
        ("completion:smollm2@alpaca", True),
        ("completion:/x/pythia.gguf@letters", True),
        ("completion:hf:o/n:m.gguf", True),
        ("completion:pythia", False),
        ("completion:pythia@alpaca", False),
        ("openai:gpt", False),
    ],
)
def test_what_runs_in_this_process_is_known_by_its_name(name: str, here: bool) -> None:
    assert runs_here(name) is here


def test_style_is_part_of_what_decides_the_replies(serve: Serve) -> None:
    _, model = serve("@alpaca")
    assert model.fingerprint.endswith("#pythia alpaca")


# Any server


def test_conformance_at_any_server_of_completions(serve: Serve) -> None:
    check_model(serve()[1])


def test_conformance_of_ratings_at_any_server(serve: Serve) -> None:
    check_rating(serve()[1])


def test_actions_stand_under_letters_and_the_likeliest_is_taken(serve: Serve) -> None:
    server, model = serve()
    assert ask_moves(model) == "down"
    assert server.bodies[-1]["prompt"].endswith("A) up\nB) down\nC) left\n\nAnswer:")


def test_letter_that_is_not_listed_gets_no_more_than_the_least_that_is(serve: Serve) -> None:
    _, model = serve()
    shares = model.rate(PROMPT, ["A", "B", "C"]).shares
    assert shares == pytest.approx([0.1 / 0.32, 0.2 / 0.32, 0.02 / 0.32], abs=1e-6)


def test_one_request_rates_all_letters(serve: Serve) -> None:
    server, model = serve()
    ask_moves(model)
    asked = len(server.bodies)
    model.rate(PROMPT, [chr(65 + place) for place in range(20)])
    assert len(server.bodies) - asked == 1


def test_grammar_holds_what_is_said_to_the_letters(serve: Serve) -> None:
    server, model = serve()
    ask_moves(model)
    assert server.bodies[-1]["grammar"] == 'root ::= " A" | " B" | " C"'


def test_server_without_grammars_and_with_few_log_probabilities_is_asked_for_what_it_has(serve: Serve) -> None:
    server, model = serve(refuses=("grammar", "logprobs"))
    moves = [ask_moves(model), ask_moves(model)]
    assert (moves, [body["logprobs"] for body in server.bodies]) == (["down", "down"], [20, 20, 5, 5])


def test_server_that_tells_no_log_probabilities_is_told_apart(serve: Serve) -> None:
    _, model = serve(lists={})
    with pytest.raises(ModelError, match=r"tells no log-probabilities: use llama\.cpp's or vLLM"):
        ask_moves(model)


def test_more_actions_than_letters_are_refused(serve: Serve) -> None:
    _, model = serve()
    with pytest.raises(UsageError, match="52 letters for 60 actions"):
        model.rate(PROMPT, [f"move {number}" for number in range(60)])


def test_chat_format_is_refused_where_nobody_knows_it(serve: Serve) -> None:
    _, model = serve("@chat")
    with pytest.raises(UsageError, match=r"needs llama\.cpp's server"):
        ask_moves(model)


def test_wrong_key_stands_in_no_error(serve: Serve) -> None:
    server, model = serve()
    server.status = 401
    with pytest.raises(ModelError, match="refuses the key") as caught:
        ask_moves(model)
    assert KEY not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"


def test_server_without_completions_is_told_what_to_check(serve: Serve) -> None:
    server, model = serve()
    server.status = 404
    with pytest.raises(ModelError, match=r"/v1 has no /completions: check OPENAI_BASE_URL"):
        ask_moves(model)


def test_temperature_draws_by_the_likelihoods(serve: Serve) -> None:
    _, model = serve()
    drawn = [ask_moves(model, temperature=1.0, seed=seed) for seed in range(40)]
    assert (set(drawn), drawn[3] == ask_moves(model, temperature=1.0, seed=3)) == ({"up", "down", "left"}, True)


def test_thought_is_left_out_and_fields_follow_each_other(serve: Serve) -> None:
    server, model = serve()
    said = json.loads(model.complete(PROMPT, schema=TWO).text)
    assert said == {"move": "down", "say": "ho"}
    assert server.bodies[-1]["prompt"].endswith("Answer: move: down\nsay:")


def test_name_with_a_line_break_forges_no_action(serve: Serve) -> None:
    server, model = serve()
    model.rate(PROMPT, ["up\nB) down", "left"])
    assert re.findall(r"^\w\) .*$", server.bodies[-1]["prompt"], re.MULTILINE) == ["A) up B) down", "B) left"]


def test_free_text_ends_with_its_paragraph(serve: Serve) -> None:
    server, model = serve()
    assert (model.complete(PROMPT, max_tokens=7).text, server.bodies[-1]["stop"]) == ("B", ["\n\n", "###"])


def test_unmeasured_prompt_has_no_size(serve: Serve) -> None:
    assert serve()[1].measure(PROMPT) is None


# The real engine


@pytest.mark.model
@pytest.mark.parametrize("name", ["completion:smollm2", "completion:smollm2@alpaca,letters", "completion:smollm2@chat"])
def test_conformance_in_process(name: str, model_home: Path) -> None:
    check_model(open_model(name, home=model_home))


@pytest.mark.model
def test_conformance_of_ratings_in_process(model_home: Path) -> None:
    model = open_model("completion:smollm2", home=model_home)
    assert isinstance(model, CompletionModel)
    check_rating(model)


@pytest.mark.model
def test_any_gguf_file_completes(model_home: Path) -> None:
    path = model_home / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    model = open_model(f"completion:{path}", home=model_home)
    messages = [Message(role="user", section="board", text="The sky is blue. What colour is the sky?")]
    rating = model.rate(messages, ["blue", "seventeen"])  # pyright: ignore
    model.close()
    assert rating.shares[0] > 0.5


@pytest.fixture(scope="module")
def engine_url(model_home: Path) -> Iterator[str]:
    """The address of llama.cpp's own server, as anybody may run it."""
    import xllamacpp  # pyright: ignore

    params = xllamacpp.CommonParams()
    params.model.path = str(model_home / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf")
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [KEY]
    params.n_ctx, params.cpuparams.n_threads, params.verbosity = 1024, 1, -1
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.mark.model
def test_server_of_llama_cpp_rates_names_as_the_engine_in_process_does(engine_url: str, model_home: Path) -> None:
    settings = ModelSettings(base_url=engine_url, api_key=KEY)
    there = open_model("completion:any", home=model_home, settings=settings)
    here = open_model("completion:smollm2", home=model_home)
    names = ["up", "upwards", "left turn"]
    shares = [model.rate(PROMPT, names).shares for model in (there, here)]  # pyright: ignore
    size = there.measure(PROMPT)  # pyright: ignore
    there.close()
    here.close()
    assert shares[0] == pytest.approx(shares[1], abs=0.03)
    assert size.context == 1024
