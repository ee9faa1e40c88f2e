import unicodedata

import pytest

from langgym.query.plain import plain_line, plain_text

HOSTILE = {
    "colour": "\x1b[31mred",
    "clear the screen": "\x1b[2J",
    "window title": "\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;aGk=\x07",
    "link": "\x1b]8;;http://x\x1b\\text",
    "C1 introducer": "\x9b2J",
    "C1 string": "\x9d52;c;aGk=\x9c",
    "carriage return": "good\rbad",
    "backspace": "good\b\b\b\bbad",
    "bell": "\a",
    "NUL": "a\x00b",
    "delete": "a\x7fb",
    "right to left": "\u202egnp.exe",
    "isolates": "\u2066a\u2069",
    "line separator": "a\u2028b",
    "zero width": "a\u200bb\ufeff",
    "tags": "a\U000e0041b",
    "lone surrogate": "a\ud800b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_control_reaches_the_terminal(text: str) -> None:
    shown = plain_text(text)
    kinds = {unicodedata.category(char) for char in shown if char != "\n"}
    assert kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_line_stays_one_line_that_can_be_encoded(text: str) -> None:
    assert len(plain_line(text).encode().splitlines()) <= 1


def test_every_control_is_made_visible() -> None:
    assert len(plain_text("".join(map(chr, range(0x20))))) == 0x20 + 3  # a tab is four spaces


@pytest.mark.parametrize("text", ["one\ntwo", "Zürich 東京 ♞ 👩\u200d🚀", "a <b> [c] {d}"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == text


def test_windows_line_ends_are_line_ends() -> None:
    assert plain_text("a\r\nb") == "a\nb"


def test_long_lines_are_cut_with_a_mark() -> None:
    assert plain_line("x" * 50, 10) == "x" * 9 + "…"
