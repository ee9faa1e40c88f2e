"""How a request is worded for an endpoint: what it understands, the messages, and the field for a schema."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from langgym.models.chat import JsonSchema, Message
from langgym.models.faults import Fault

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint understands, learned from what it refuses."""

    schema: bool = True
    bounds: bool = True
    """Whether a schema may limit the length of strings."""
    tokens: str = "max_tokens"
    """The field that limits the reply."""

    def after(self, fault: Fault, *, with_schema: bool) -> "Dialect":
        """Returns the dialect to try after `fault`; the same one where the fault is about something else."""
        words = fault.detail.lower()
        if fault.status not in {400, 422} or fault.too_long:
            return self
        if self.tokens == "max_tokens" and "max_completion_tokens" in words:
            return replace(self, tokens="max_completion_tokens")
        if not with_schema or not self.schema:
            return self
        if self.bounds and ("maxlength" in words or "minlength" in words):
            return replace(self, bounds=False)
        names = ("response_format", "json_schema", "json schema", "structured output", "guided", "grammar")
        return replace(self, schema=False) if any(name in words for name in names) else self


def make_response_format(schema: JsonSchema) -> Mapping[str, object]:
    """Returns the request field that holds a reply to `schema`, strictly."""
    strict = {"additionalProperties": False, **schema}
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": strict}}
    }


def join_messages(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Returns `messages` as the client takes them; neighbours of one role become one, for many templates need turns."""
    joined: list[tuple[str, list[str]]] = []
    for message in messages:
        if joined and joined[-1][0] == message.role:
            joined[-1][1].append(message.text)
        else:
            joined.append((message.role, [message.text]))
    # A lone surrogate has no UTF-8 and so cannot be sent.
    return [{"role": role, "content": _SURROGATE.sub("\ufffd", "\n\n".join(texts))} for role, texts in joined]


def drop_bounds(schema: JsonSchema) -> JsonSchema:
    """Returns `schema` without limits on the length of strings."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return schema
    bare: dict[str, object] = {}
    for name, field in properties.items():  # pyright: ignore[reportUnknownVariableType]
        keep = {key: value for key, value in dict(field).items() if key not in {"minLength", "maxLength"}}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        bare[str(name)] = keep  # pyright: ignore[reportUnknownArgumentType]
    return {**schema, "properties": bare}
