"""The grammar of filters: `env:connect* agent:ada return:>0.5 since:2d "two words"` into conditions of the store.

Parts are separated by spaces and must all hold. A part is a word, which an environment's id (of episodes) or the text
(of memories) contains, or a key and what its field has to be: a text, a glob with `*` and `?`, or `<`, `<=`, `>`, `>=`,
`=` and a number. Double quotes keep spaces together and take `*` and `?` as they are.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

from agents_db.filters import Condition, Op
from agents_db.knowledge import MemoryState, Trust
from agents_db.records import EndReason, EpisodeStatus, Result
from langgym.errors import UsageError

_TOKEN = re.compile(r'((?:[^\s"]*[:<>=])?)"([^"]*)("?)|(\S+)')
"""What comes before a quote, what it holds, whether it is closed; or what has no quote."""
_KEYED = re.compile(r"(-?)([A-Za-z_]+)(?:(:)(<=|>=|[<>=])?|(<=|>=|[<>=]))(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_VERSION = re.compile(r"[-_]v([0-9]+)$")
_AGO = re.compile(r"([0-9]{1,9})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALIASES = {"game": "env", "score": "return", "steps": "turns"}
_OPS: Mapping[str, Op] = {"": "=", "=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SHOWN = 40
_LONGEST = 1000
"""Characters of a filter; SQLite refuses patterns that are much longer."""


class FilterError(UsageError):
    """A filter that cannot be read; the text says which part of it, and what was expected."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a filter as it was typed."""

    key: str | None
    """`None` for a word."""
    op: str
    """Empty where none was typed."""
    text: str
    quoted: bool

    @property
    def is_glob(self) -> bool:
        return not self.quoted and ("*" in self.text or "?" in self.text)


_Reader = Callable[[str, _Part, datetime], Condition]


def parse_episode_filter(text: str, *, now: datetime) -> tuple[Condition, ...]:
    """Returns the conditions on episodes that a filter means; raises `FilterError`.

    Args:
        text: what was typed.
        now: what `since` and `until` count back from; its time zone is that of dates.
    """
    return _parse(text, EPISODE_KEYS, word=_read_env_word, now=now)


def parse_memory_filter(text: str, *, now: datetime) -> tuple[Condition, ...]:
    """Returns the conditions on memories that a filter means; raises `FilterError`.

    Args:
        text: what was typed.
        now: what `since` and `until` count back from; its time zone is that of dates.
    """
    return _parse(text, MEMORY_KEYS, word=_read_text_word, now=now)


def _parse(
    text: str, keys: Mapping[str, _Reader], *, word: Callable[[_Part], Condition], now: datetime
) -> tuple[Condition, ...]:
    if len(text) > _LONGEST:
        raise FilterError(f"A filter has at most {_LONGEST:,} characters, not {len(text):,}.")
    found: list[Condition] = []
    for part in _split(text, keys):
        if part.key is None:
            found.append(word(part))
            continue
        key = _find_key(part.key, keys)
        if not part.text:
            raise FilterError(f"Nothing follows {key + ':'!r}; say what it has to be.")
        found.append(keys[key](key, part, now))
    return tuple(found)


def _split(text: str, keys: Mapping[str, _Reader]) -> Iterator[_Part]:
    for before, inside, close, plain in _TOKEN.findall(text):
        quoted = not plain
        if quoted and not close:
            raise FilterError(f"The quote before {_show(inside)} is not closed; end it with another one.")
        keyed = _KEYED.fullmatch(plain or before)
        if keyed is None or not (keyed[3] or _is_key(keyed[2], keys)):
            yield _Part(None, "", plain or before + inside, quoted)
        elif keyed[1]:
            raise FilterError(f"A filter cannot leave out what fits; write {keyed[2]!r} without the '-'.")
        else:
            yield _Part(keyed[2], keyed[4] or keyed[5] or "", keyed[6] + inside, quoted)


def _is_key(name: str, keys: Mapping[str, _Reader]) -> bool:
    return _ALIASES.get(name.lower(), name.lower()) in keys


def _find_key(name: str, keys: Mapping[str, _Reader]) -> str:
    if _is_key(name, keys):
        return _ALIASES.get(name.lower(), name.lower())
    names = [*keys, *(alias for alias, key in _ALIASES.items() if key in keys)]
    near = difflib.get_close_matches(name.lower()[:_SHOWN], names, n=1)
    hint = f"; did you mean {_ALIASES.get(near[0], near[0])!r}?" if near else "."
    raise FilterError(f"No key {_show(name)}{hint} Keys: {', '.join(sorted(keys))}.")


def _show(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


# What a key's field may be


def _read_text(key: str, part: _Part, _: datetime) -> Condition:
    _refuse_order(key, part)
    return Condition(key, "like" if part.is_glob else "=", part.text)


def _read_name(key: str, part: _Part, _: datetime) -> Condition:
    _refuse_order(key, part)
    return Condition(key, "like" if part.is_glob else "=", part.text.lower())


def _read_env(key: str, part: _Part, _: datetime) -> Condition:
    """A whole id, one without its version, a part of one, or a glob of one or of what follows its slash."""
    _refuse_order(key, part)
    name = _VERSION.sub(r"_v\1", part.text.lower())
    if part.is_glob:
        return Condition(key, "like", name if "/" in name else f"*/{name}")
    if part.quoted or ("/" in name and _VERSION.search(name)):
        return Condition(key, "=", name)
    return Condition(key, "like", f"{name}*" if "/" in name else f"*{name}*")


def _read_number(key: str, part: _Part, _: datetime) -> Condition:
    if not _NUMBER.fullmatch(part.text):
        raise FilterError(f"{key!r} takes a number, as in `{key}:>2`, not {_show(part.text)}.")
    number = int(part.text) if _WHOLE.fullmatch(part.text) else float(part.text)
    if not math.isfinite(number):
        raise FilterError(f"{key!r} takes a number that is not so large as {_show(part.text)}.")
    return Condition(key, _OPS[part.op], number)


def _read_truth(key: str, part: _Part, _: datetime) -> Condition:
    _refuse_order(key, part)
    truth = {"yes": 1, "true": 1, "no": 0, "false": 0}.get(part.text.lower())
    if truth is None:
        raise FilterError(f"{key!r} takes yes or no, not {_show(part.text)}.")
    return Condition(key, "=", truth)


def _read_time(key: str, part: _Part, now: datetime) -> Condition:
    _refuse_order(key, part)
    try:
        when = _find_time(part.text.lower(), now, whole_day=key == "until")
        micros = (when - _EPOCH) // timedelta(microseconds=1)
    except (OverflowError, ValueError):
        raise FilterError(
            f"{key!r} takes how long ago, as in `{key}:2d` (s, m, h, d, w), today, yesterday or a date like "
            f"2026-01-31, not {_show(part.text)}."
        ) from None
    return Condition(key, ">=" if key == "since" else "<", micros)


def _find_time(text: str, now: datetime, *, whole_day: bool) -> datetime:
    """Returns the moment that a text means: of a day its first one, or the first one after it."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    zone = now.tzinfo or UTC
    days = {"today": now.date(), "yesterday": now.date() - timedelta(days=1)}
    if text not in days and len(text) > len("2026-01-31"):
        moment = datetime.fromisoformat(text.upper())
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    day = days.get(text) or date.fromisoformat(text)
    return datetime.combine(day + timedelta(days=1) if whole_day else day, time(), zone)


def _one_of(values: Sequence[str]) -> _Reader:
    def read(key: str, part: _Part, _: datetime) -> Condition:
        _refuse_order(key, part)
        if part.text.lower() not in values:
            near = difflib.get_close_matches(part.text.lower()[:_SHOWN], values, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise FilterError(f"No {key} {_show(part.text)}{hint} There are {', '.join(values)}.")
        return Condition(key, "=", part.text.lower())

    return read


def _refuse_order(key: str, part: _Part) -> None:
    if part.op not in ("", "="):
        raise FilterError(f"{key!r} cannot be compared by {part.op!r}; write `{key}:` and what it has to be.")


def _read_env_word(part: _Part) -> Condition:
    literal = part.quoted and ("*" in part.text or "?" in part.text)  # no id has these
    return Condition("env", "=", part.text) if literal else Condition("env", "like", f"*{part.text}*")


def _read_text_word(part: _Part) -> Condition:
    return Condition("word", "like" if part.is_glob else "=", part.text)


EPISODE_KEYS: Mapping[str, _Reader] = {
    "env": _read_env,
    "agent": _read_name,
    "player": _read_text,
    "status": _one_of(get_args(EpisodeStatus)),
    "reason": _one_of(get_args(EndReason)),
    "result": _one_of(get_args(Result)),
    "return": _read_number,
    "turns": _read_number,
    "fallbacks": _read_number,
    "model": _read_text,
    "role": _read_text,
    "seat": _read_text,
    "run": _read_number,
    "since": _read_time,
    "until": _read_time,
}
"""What a filter of episodes may name."""
MEMORY_KEYS: Mapping[str, _Reader] = {
    "agent": _read_name,
    "kind": _read_text,
    "env": _read_env,
    "state": _one_of(get_args(MemoryState)),
    "role": _read_text,
    "maker": _read_text,
    "trust": _one_of(get_args(Trust)),
    "pinned": _read_truth,
    "recalled": _read_number,
    "helped": _read_number,
    "hurt": _read_number,
    "effect": _read_number,
    "word": lambda key, part, _: _read_text_word(part),
    "episode": _read_number,
    "since": _read_time,
    "until": _read_time,
}
"""What a filter of memories may name."""
