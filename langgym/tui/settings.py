"""The table `tui` of `<home>/config.toml`: theme, glyphs, keys."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from langgym.errors import UsageError
from langgym.tui.keymap import check_keymap

Glyphs = Literal["unicode", "ascii"]
TABLE = "tui"
FILE = "config.toml"


@dataclass(frozen=True, slots=True)
class TuiSettings:
    """How the interface looks and which keys it has."""

    theme: str | None = None
    """A theme's name; `None` is the default one."""
    glyphs: Glyphs = "unicode"
    """Whether charts and marks may use more than ASCII."""
    keymap: dict[str, str] = field(default_factory=dict[str, str])
    """Keys by the names of `langgym.tui.keymap.KEYS`."""


def load_tui_settings(home: Path) -> TuiSettings:
    """Returns the settings of a home; raises `UsageError` where a value is not allowed."""
    path = home / FILE
    if not path.is_file():
        return TuiSettings()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get(TABLE, {})
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}. Mend or remove it.") from None
    return _read_table(table, path)


def _read_table(table: object, path: Path) -> TuiSettings:
    if not isinstance(table, dict):
        raise UsageError(f"`{TABLE}` in {path} must be a table: write `[{TABLE}]` above its keys.")
    found = cast("dict[str, object]", table)
    known = set(TuiSettings.__dataclass_fields__)
    for name in found.keys() - known:
        raise UsageError(f"`{TABLE}.{name}` in {path} means nothing; the keys are {', '.join(sorted(known))}.")
    theme, glyphs, keymap = found.get("theme"), found.get("glyphs", "unicode"), found.get("keymap", {})
    if theme is not None and not isinstance(theme, str):
        raise UsageError(f"`{TABLE}.theme` in {path} must be the name of a theme in quotes.")
    if glyphs not in ("unicode", "ascii"):
        raise UsageError(f"`{TABLE}.glyphs` in {path} must be 'unicode' or 'ascii'.")
    if not isinstance(keymap, dict) or not all(
        isinstance(value, str) for value in cast("dict[str, object]", keymap).values()
    ):
        raise UsageError(f'`{TABLE}.keymap` in {path} must name keys in quotes, as in `filter = "slash,f3"`.')
    keys = cast("dict[str, str]", keymap)
    check_keymap(keys)
    return TuiSettings(theme=theme, glyphs=glyphs, keymap=keys)
