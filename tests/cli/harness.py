"""What the tests of the command line share: results, schemas, a model that takes the first action."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from langgym.models.loopback import ChatRequest, ChatServer

TOP = Path(__file__).parents[2]
REASON = "centre\x1b]52;c;aGk=\x07 \u202etxt"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    def read(self, schema: str) -> Any:
        """Returns standard output as JSON, after checking it against the schema of that name."""
        value = json.loads(self.out, parse_constant=pytest.fail)
        check_schema(value, schema)
        return value

    def read_lines(self) -> list[Any]:
        lines = [json.loads(line, parse_constant=pytest.fail) for line in self.out.splitlines()]
        for line in lines:
            check_schema(line, "event")
        return lines


def check_schema(value: object, name: str) -> None:
    schema = json.loads((TOP / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


Cli = Callable[..., Result]


def pick_first(request: ChatRequest) -> str:
    """Answers a request with the first value of every field, and a reason that attacks the terminal."""
    form: Any = request.body["response_format"]
    fields = form["json_schema"]["schema"]["properties"]
    return json.dumps({name: field["enum"][0] if "enum" in field else REASON for name, field in fields.items()})


def find_flags(server: ChatServer) -> list[str]:
    return ["--model", "openai:test", "--base-url", server.url, "--embedder", "hashed", "--thought", "0"]
