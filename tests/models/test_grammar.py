"""Grammars accept exactly the one-line JSON of their schema."""

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langgym.errors import UsageError
from langgym.models.grammar import make_grammar

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
ENUMS = st.lists(TEXTS, min_size=1, max_size=4, unique=True)


def read_literal(quoted: str) -> str:
    r"""What llama.cpp makes of a literal: of a backslash and one letter, it takes the letter, or the C escape."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), quoted)


def list_sentences(grammar: str) -> set[str]:
    """Every text that a grammar of literals, spaces, bars and brackets accepts."""
    rest = grammar.removeprefix("root ::= ")
    parts: list[list[str]] = []
    while rest:
        if rest.startswith("("):
            choices: list[str] = []
            while not rest.startswith(")"):
                found = LITERAL.match(rest.lstrip("( |"))
                assert found is not None
                choices.append(read_literal(found[1]))
                rest = rest.lstrip("( |")[found.end() :]
            parts.append(choices)
            rest = rest[1:]
        else:
            found = LITERAL.match(rest)
            assert found is not None
            parts.append([read_literal(found[1])])
            rest = rest[found.end() :]
        rest = rest.removeprefix(" ")
    return {"".join(chosen) for chosen in itertools.product(*parts)}


@given(st.dictionaries(TEXTS, ENUMS, min_size=1, max_size=3))
def test_grammar_of_enums_accepts_exactly_their_objects(fields: dict[str, list[str]]) -> None:
    schema = {"type": "object", "properties": {name: {"enum": values} for name, values in fields.items()}}
    objects = [dict(zip(fields, values, strict=True)) for values in itertools.product(*fields.values())]
    wanted = {json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in objects}
    assert list_sentences(make_grammar(schema)) == wanted


@given(TEXTS)
def test_grammar_stays_on_its_line(value: str) -> None:
    grammar = make_grammar({"type": "object", "properties": {"move": {"const": value}}})
    assert not re.search(r"[\x00-\x1f]", grammar)


def test_lone_surrogate_is_written_as_an_escape() -> None:
    grammar = make_grammar({"type": "object", "properties": {"move": {"enum": ["\ud800"]}}})
    assert list_sentences(grammar) == {'{"move":"\\ud800"}'}


def test_string_is_bounded() -> None:
    thought = {"type": "string", "minLength": 1, "maxLength": 80}
    grammar = make_grammar({"type": "object", "properties": {"thought": thought, "move": {"enum": ["a"]}}})
    assert 'char{1,80} "\\"" ",\\"move\\":"' in grammar


def test_rules_in_use_are_defined() -> None:
    fields = {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}}
    lines = make_grammar({"type": "object", "properties": fields}).splitlines()
    assert {line.partition(" ::=")[0] for line in lines} == {"root", "char", "hex", "integer"}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"enum": []}}},
    ],
)
def test_schema_beyond_flat_objects_is_refused(schema: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        make_grammar(schema)
