"""The legal actions of a turn by name, and the reading of an answer."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from universe.errors import IllegalAction, UnreadableAnswer
from universe.streams import Stream

NameOf = Callable[[int], tuple[str, ...]]
Read = Callable[[str], str | None]

THOUGHT = "thought"
_SHOWN = 24  # names listed in an error message before it is cut
_DRESS = " \t\r\n*_`\"'"
_MARKS = _DRESS + ">-"  # of quotations and lists
_LONGEST_REPLY = 200_000  # characters; a longer one is no answer, and reading it would hold up the game
_LONGEST_VALUE = 500  # characters of one field's value; no action is named at such length
_MOST_TRIES = 1000  # openings of objects that are none, before the reply is given up
_OPENING = re.compile(r'\{\s*"')
_SEPARATOR = re.compile(r"[:=]")


def join_values(values: Sequence[str]) -> str:
    """Returns the name of an action from its value for each field."""
    return " + ".join(values)


@dataclass(frozen=True, slots=True)
class Option:
    """One legal action; `values` holds a value for each field of the menu."""

    action: int
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The action in words, as it is stored and shown."""
        return join_values(self.values)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply said: a legal action, and what was thought before it."""

    action: int
    name: str
    thought: str | None


class Menu:
    """The legal actions of one turn, named lazily and shown in an order that is drawn anew each turn.

    Small models prefer what stands first, so the order must say nothing.
    """

    def __init__(
        self,
        actions: Sequence[int],
        name_of: NameOf,
        *,
        fields: Sequence[str] = ("action",),
        read: Read | None = None,
        stream: Stream | None = None,
        seat: str = "",
        index: int = 0,
        preface: str = THOUGHT,
    ) -> None:
        self.actions = tuple(actions)
        """In the engine's order."""
        self._name_of = name_of
        self._fields = tuple(fields)
        self._read = read
        self._stream = stream
        self._place = (seat, index)
        self.preface = preface
        """The field that may stand before the answer: a thought, or the reason for a choice."""

    def __len__(self) -> int:
        return len(self.actions)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """Every legal action, in the order in which it is shown."""
        options = [Option(action, self._name_of(action)) for action in self.actions]
        if self._stream is not None:
            self._stream.shuffle(options, *self._place)
        return tuple(options)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields of an answer: one, or one per factor where actions are a product (move and say)."""
        return self._fields[: len(self.options[0].values)] if self.options else self._fields[:1]

    @cached_property
    def _by_values(self) -> Mapping[tuple[str, ...], Option]:
        return {option.values: option for option in self.options}

    @cached_property
    def _by_name(self) -> Mapping[str, Option]:
        return {option.name: option for option in self.options}

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """The values of each field, in the order shown."""
        return {
            field: list(dict.fromkeys(option.values[place] for option in self.options))
            for place, field in enumerate(self.fields)
        }

    def name(self, action: int) -> str:
        """Returns the name of a legal action."""
        return join_values(self._name_of(action))

    def action(self, name: str) -> int:
        """Returns the action of an exact name.

        Raises:
            IllegalAction: No legal action has this name.
        """
        option = self._by_name.get(name)
        if option is None:
            raise IllegalAction(self._refusal(name))
        return option.action

    def describe(self) -> str:
        """Returns the menu as text for a prompt."""
        return "\n".join(f"{field}: {', '.join(values)}" for field, values in self.choices.items())

    def schema(self, *, thought: int | None = None) -> dict[str, object]:
        """Returns the JSON schema of an answer; `thought` is the longest thought in characters, `None` for none."""
        properties: dict[str, object] = {}
        if thought is not None:
            properties[self.preface] = {"type": "string", "maxLength": thought}
        for field, values in self.choices.items():
            properties[field] = {"type": "string", "enum": values}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    def parse(self, reply: str) -> Answer:
        """Returns the last structured answer of a reply; never guesses from prose.

        An answer is a JSON object with the menu's fields, lines of the form `field: value`, or a reply that is nothing
        but the value.

        Raises:
            UnreadableAnswer: There is no structured answer.
            IllegalAction: The last structured answer is not on the menu.
        """
        if len(reply) > _LONGEST_REPLY:
            raise UnreadableAnswer(f"The reply is too long to be read. Reply with {self.example()} and nothing else.")
        found = [
            said
            for said in (_last_object(reply, self.fields, self.preface), _last_lines(reply, self.fields, self.preface))
            if said
        ]
        if found:
            last = max(found, key=lambda said: said.place)
            if last.values is None:
                raise UnreadableAnswer(f"The last answer was not closed. Reply with {self.example()} and nothing else.")
            return self._match(last.values)
        bare = _clean(reply)
        if len(self.fields) == 1 and "\n" not in bare:
            option = self._find({self.fields[0]: bare})
            if option is not None:
                return Answer(option.action, option.name, None)
        raise UnreadableAnswer(f"No answer could be read. Reply with {self.example()} and nothing after it.")

    def example(self, *, preface: bool = False) -> str:
        """Returns what an answer looks like, without naming an action."""
        fields = (self.preface, *self.fields) if preface else self.fields
        return json.dumps({field: f"<{field}>" for field in fields})

    def _match(self, found: Mapping[str, str]) -> Answer:
        option = self._find(found)
        if option is None:
            raise IllegalAction(self._refusal(" + ".join(found.get(field, "?") for field in self.fields)))
        return Answer(option.action, option.name, found.get(self.preface))

    def _find(self, found: Mapping[str, str]) -> Option | None:
        values: list[str] = []
        for field in self.fields:
            value = self._value(field, found.get(field, "").strip())
            if value is None:
                return None
            values.append(value)
        return self._by_values.get(tuple(values))

    def _value(self, field: str, said: str) -> str | None:
        """Returns the value that `said` means: exact, by the game's notation, or alike but for case and spaces."""
        values = self.choices[field]
        if said in values:
            return said
        said = _clean(said)
        if said in values:
            return said
        if len(said) > _LONGEST_VALUE:
            return None
        read = self._read(said) if self._read is not None else None
        if read is not None and read in values:
            return read
        folded = _fold(said)
        alike = [value for value in values if _fold(value) == folded]
        return alike[0] if len(alike) == 1 else None

    def _refusal(self, said: str) -> str:
        shown = "; ".join(
            f"{field}: {', '.join(values[:_SHOWN])}{', …' if len(values) > _SHOWN else ''}"
            for field, values in self.choices.items()
        )
        return f"{said[:80]!r} is not legal now. Choose from {shown}."


def _clean(text: str) -> str:
    """Returns `text` without the white space, quotes, emphasis and full stop round it."""
    return text.strip(_DRESS).rstrip(".!").strip(_DRESS)


def _fold(text: str) -> str:
    return re.sub(r"[\s_]+", " ", text).strip().casefold()


@dataclass(frozen=True, slots=True)
class _Said:
    """A structured answer and where in the reply it stands."""

    place: int
    values: Mapping[str, str] | None
    """`None` where the answer began and was never closed: what stood before it was only considered."""


def _objects(reply: str) -> Iterator[tuple[int, dict[str, object] | None]]:
    """Yields every outermost JSON object in a reply with its place, in order; `None` for what only opens like one.

    Raises:
        UnreadableAnswer: Too much of the reply looks like an object and is none.
    """
    decoder = json.JSONDecoder()
    n_failed = 0
    opening = _OPENING.search(reply)
    while opening is not None:
        try:
            value, end = decoder.raw_decode(reply, opening.start())
        except (ValueError, RecursionError):
            n_failed += 1
            if n_failed > _MOST_TRIES:
                raise UnreadableAnswer(
                    "The reply is full of JSON that does not close: reply with one object."
                ) from None
            yield opening.start(), None
            opening = _OPENING.search(reply, opening.start() + 1)
            continue
        yield opening.start(), value
        opening = _OPENING.search(reply, end)


def _last_object(reply: str, fields: Sequence[str], preface: str) -> _Said | None:
    last: _Said | None = None
    unclosed: int | None = None
    for place, value in _objects(reply):
        if value is None:
            unclosed = place
        elif all(field in value for field in fields):
            last = _Said(place, {key: _plain(value[key]) for key in (*fields, preface) if value.get(key) is not None})
    if unclosed is None or (last is not None and unclosed < last.place):
        return last
    begun = any(reply.find(f'"{field}"', unclosed) >= 0 for field in fields)
    return _Said(unclosed, None) if begun else last


def _plain(value: object) -> str:
    """Returns a value of an answer as text; what holds other values names no action and is not spelt out."""
    return str(value) if isinstance(value, str | int | float) else "?"


def _last_lines(reply: str, fields: Sequence[str], preface: str) -> _Said | None:
    values: dict[str, str] = {}
    place = start = 0
    for line in reply.splitlines(keepends=True):
        separator = _SEPARATOR.search(line)
        if separator is not None:
            field = line[: separator.start()].lstrip(_MARKS).rstrip(_DRESS).casefold()
            value = line[separator.end() :].strip()
            if value and field in (*fields, preface):
                values[field] = value
                place = start if field in fields else place
        start += len(line)
    return _Said(place, values) if all(field in values for field in fields) else None
