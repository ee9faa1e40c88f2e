"""JSON schemas as GBNF, the grammar of llama.cpp, with no optional white space for a small model to get lost in."""

import json
from collections.abc import Mapping
from typing import cast

from langgym.errors import UsageError
from langgym.models.chat import JsonSchema

MAX_STRING = 500
"""Characters of a string whose schema gives no `maxLength`; llama.cpp refuses more than 2000 repetitions."""

_RULES = {
    "char": r'[^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" hex hex hex hex)',
    "hex": "[0-9a-fA-F]",
    "integer": '"-"? ("0" | [1-9] [0-9]{0,8})',
}
_NEEDS = {"char": "char", "hex": "char", "integer": "integer"}
"""What in a field's body asks for a rule."""


def make_grammar(schema: JsonSchema) -> str:
    r"""Returns the GBNF of the one-line JSON objects that `schema` allows, their fields in the schema's order.

    Known are flat objects, all of whose fields are written, with `enum`, `const`, bounded strings, integers and
    booleans.

    >>> print(make_grammar({"type": "object", "properties": {"move": {"enum": ["a1", "b2"]}}}))
    root ::= "{\"move\":" ("\"a1\"" | "\"b2\"") "}"

    Raises:
        UsageError: The schema has anything else.
    """
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, Mapping) or not properties:
        raise UsageError("Only JSON schemas of flat objects with at least one property can be held by a grammar.")
    parts: list[str] = []
    for name, field in cast(Mapping[str, Mapping[str, object]], properties).items():
        lead = "," if parts else "{"
        parts += [_quote(f"{lead}{_write_json(name)}:"), _make_field(name, field)]
    lines = [f"root ::= {' '.join([*parts, _quote('}')])}"]
    bodies = [body for body in parts[1::2] if not body.startswith("(")]
    used = {rule for rule in _RULES for body in bodies if _NEEDS[rule] in body}
    lines += [f"{rule} ::= {body}" for rule, body in _RULES.items() if rule in used]
    return "\n".join(lines)


def make_grammar_fields(schema: JsonSchema) -> Mapping[str, object]:
    """Returns the request field of llama.cpp that holds a reply to `schema`."""
    return {"grammar": make_grammar(schema)}


def _make_field(name: str, field: Mapping[str, object]) -> str:
    values = [field["const"]] if "const" in field else field.get("enum")
    if isinstance(values, list | tuple) and values:
        choices = (_quote(_write_json(value)) for value in cast("list[object]", values))
        return f"({' | '.join(choices)})"
    match field.get("type"):
        case "string":
            low, high = field.get("minLength", 0), field.get("maxLength", MAX_STRING)
            return rf'"\"" char{{{low},{high}}} "\""'
        case "integer":
            return "integer"
        case "boolean":
            return '("true" | "false")'
        case other:
            raise UsageError(f"A grammar cannot hold the field {name!r} of type {other!r}: use an enum or a string.")


def _write_json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if _is_utf8(text) else json.dumps(value)


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _quote(text: str) -> str:
    r"""Returns `text` as a literal of GBNF, whose escapes are those of C."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
