"""Text of unknown origin made fit for a terminal: models, packages and files may hold escape sequences."""

import sys

_PICTURES = 0x2400
"""Where Unicode keeps a visible picture of each C0 control."""
_UNSEEN = "\ufffd"
_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_INVISIBLE = (0x00AD, 0x200B, 0x2060, 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080))
_TABLE: dict[int, str] = {
    **{code: chr(_PICTURES + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys((*range(0x80, 0xA0), *_BIDI, *_INVISIBLE, *range(0xD800, 0xE000)), _UNSEEN),
    0x2028: "\n",
    0x2029: "\n",
    ord("\n"): "\n",
    ord("\t"): "    ",
}


def plain_text(text: str) -> str:
    r"""Returns text in which no character moves the cursor, changes the terminal or hides others; lines are kept.

    >>> plain_text("a\x1b]52;c;aGk=\x07b")
    'a␛]52;c;aGk=␇b'
    """
    return text.replace("\r\n", "\n").translate(_TABLE)


def plain_line(text: str, limit: int = sys.maxsize) -> str:
    r"""Returns text on one line of at most `limit` characters, each run of white space as one space.

    >>> plain_line("one\n two  three", 9)
    'one two …'
    """
    line = " ".join(plain_text(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
