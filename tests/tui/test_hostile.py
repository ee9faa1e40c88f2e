"""Hostile text on every screen, in a real pseudo-terminal: every byte that is written is looked at."""

import ast
import base64
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.tui.hostile import ARENA, TAG, fill_home
from tests.tui.ptys import TOP, Terminal, find_foreign

MODES = {
    "1": "Agents",
    "2": "Episodes",
    "3": "Memories",
    "4": "Strategies",
    "5": "Universe",
    "6": "Live",
    "7": "Compare",
    "8": "Cost",
    "9": "Ratings",
}
ESCAPE, TAB, ENTER, PALETTE, JUMP = "\x1b", "\t", "\r", "\x10", "\x0f"
LINKS = (
    ("--agent", "ada"),
    ("--agent", "eve"),
    ("--episode", "1", "--step", "0"),
    ("--episode", "4", "--step", "1"),
    ("--episode", "10"),
    ("--episode", "11"),
    ("--memory", "1"),
    ("--memory", "2"),
    ("--memory", "5"),
    ("--env", "classic/tictactoe_v3"),
    ("--where", "env:*foo*"),
    ("--arena", ARENA),
    ("--live",),
)
"""The first episode and its memories hold lines of a megabyte; the tenth has failed, the eleventh waits for a model."""

TRIES, LEAVE_SECONDS = 5, 3.0
"""Keys reach whatever is open when they are read; on a busy machine that may still be a dialog."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile")
    fill_home(home)
    return home


def open_tui(home: Path, *flags: str, size: tuple[int, int] = (120, 40)) -> Terminal:
    return Terminal([sys.executable, "-m", "langgym", "--home", str(home), "tui", *flags], size=size)


def leave(terminal: Terminal) -> None:
    """Leaves whatever is open, by keys, and sees that the program ends well and has written nothing foreign."""
    assert terminal.alive, terminal.text()
    for _ in range(TRIES):
        terminal.press(ESCAPE, ESCAPE, "q")
        if terminal.ends(LEAVE_SECONDS):
            break
    assert terminal.wait() == 0
    assert find_foreign(bytes(terminal.written)) == []


@pytest.mark.parametrize("size", [(120, 40), (60, 16)], ids=["wide", "narrow"])
def test_every_screen_shows_hostile_text_as_text(home: Path, size: tuple[int, int]) -> None:
    with open_tui(home, size=size) as terminal:
        terminal.wait_for("Agents (showing")
        for key, heading in MODES.items():
            terminal.press(key)
            terminal.wait_for(heading)
            terminal.settle()
            shown = terminal.press("j", "j", "k")
            assert TAG in shown or size == (60, 16), f"{heading} shows no hostile text:\n{shown}"
            terminal.press(ENTER, "j", ESCAPE)
            assert terminal.alive, heading
        leave(terminal)


@pytest.mark.parametrize("flags", LINKS, ids=" ".join)
def test_every_deep_link_shows_hostile_text_as_text(home: Path, flags: tuple[str, ...]) -> None:
    with open_tui(home, *flags) as terminal:
        terminal.wait_for("as of")
        terminal.wait_for(TAG)
        terminal.press(TAB, "j", "G", "g", " ", "d", "]", "]", "[", "m", "t", "n", TAB, "j")
        assert terminal.alive
        leave(terminal)


def test_every_part_of_an_agent_shows_hostile_text_as_text(home: Path) -> None:
    with open_tui(home, "--agent", "ada") as terminal:
        terminal.wait_for(TAG)
        for _ in range(8):
            terminal.press("l", "j")
            assert terminal.alive
        leave(terminal)


def test_help_palette_jump_filter_and_search_show_hostile_text_as_text(home: Path) -> None:
    with open_tui(home, "--memory", "2") as terminal:
        terminal.wait_for(TAG)
        for opens, typed in (
            ("?", "j"),
            (PALETTE, "a"),
            (JUMP, ""),
            (":", f"m1{ENTER}"),
            ("3", ""),
            ("/", f"foo{ENTER}"),
        ):
            terminal.press(opens)  # and waits: what is typed at once would still reach what is open now
            terminal.press(*typed)
            terminal.press(ESCAPE)
            assert terminal.alive
        leave(terminal)


def test_what_is_copied_holds_nothing_that_moves_a_terminal(home: Path) -> None:
    with open_tui(home, "--memory", "6") as terminal:
        terminal.wait_for(TAG)
        terminal.press("y", "Y")
        terminal.press(ESCAPE, "q")
        assert terminal.wait() == 0
        sent = re.findall(rb"\x1b\](52;c;([A-Za-z0-9+/=]*))\x07", bytes(terminal.written))
        assert len(sent) == 2
        assert find_foreign(bytes(terminal.written), copied=[whole.decode() for whole, _ in sent]) == []
        for _, packed in sent:
            copied = base64.b64decode(packed).decode()
            assert TAG in copied
            assert find_foreign(copied.encode()) == []


@pytest.mark.parametrize(
    "attack",
    [
        "\x1b]0;t\x07",
        "\x1b]8;;http://e\x1b\\",
        "\x1b]52;c;eA==\x07",
        "\x1b[2J",
        "\x1bP1$r\x1b\\",
        "\x9b2J",
        "\0",
        "\u202e",
    ],
)
def test_the_scan_finds_what_it_looks_for(attack: str) -> None:
    drawn = f"\x1b[?1049h\x1b[1;1H\x1b[1;31mone\x1b[0m{attack}\x1b[2;1Htwo\r\n"
    assert find_foreign(drawn.encode())
    assert find_foreign(drawn.replace(attack, "").encode()) == []


def test_the_scan_finds_bytes_that_are_no_text() -> None:
    assert find_foreign(b"one\xfftwo")


# What reaches a widget


SAYING = ("Static", "Label", "notify", "add_row", "update", "Markdown", "Tooltip")
"""Calls that make text seen, or may."""
CLEAN = ("safe", "safe_line", "plain_text", "plain_line", "paint_board")
"""What makes text of unknown origin fit for it."""
NO_TEXT = {("virtual_list.py", "self._asked.update"), ("web_guard.py", "response.headers.update")}
"""Sets and tables that are updated."""
OUR_OWN = {"jump.py: Static(f' {letter} ', classes='letter', markup=False)", "agent.py: Label(kind.title, id=tab)"}
"""What shows letters of the alphabet, or names out of a table of constants."""
DRAWN = {"safe.py", "fold.py", "diff.py", "arena.py"}
"""Where a `Text` is made: of what is safe already, or of numbers."""


def find_unclean(source: str, name: str) -> Iterator[str]:
    """Yields calls that show a text which is neither a constant nor made fit for a terminal."""
    tree = ast.parse(source)
    drawn = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _returns_text(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in SAYING and (name, ast.unparse(node.func)) not in NO_TEXT:
            yield from (f"{name}: {ast.unparse(node)}" for each in node.args if not _is_clean(each, drawn))
        if isinstance(node, ast.Assign) and not _is_clean(node.value, drawn):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in ("border_title", "border_subtitle", "tooltip"):
                    yield f"{name}: {ast.unparse(node)}"


def _returns_text(function: ast.FunctionDef) -> bool:
    return function.returns is not None and ast.unparse(function.returns).strip("\"'") == "Text"


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_clean(value: ast.expr, drawn: Sequence[str] | set[str]) -> bool:
    match value:
        case ast.Constant():
            return True
        case ast.Call():
            return _called(value) in CLEAN or _called(value) in drawn
        case ast.JoinedStr(values=parts):
            return all(_is_constant(part) for part in parts)
        case _:
            return False


def _is_constant(part: ast.expr) -> bool:
    """Returns whether a part of a text was written by us: by convention, a constant has a name in capitals."""
    if isinstance(part, ast.FormattedValue):
        names = [node.id for node in ast.walk(part.value) if isinstance(node, ast.Name)]
        return bool(names) and all(name.isupper() for name in names)
    return isinstance(part, ast.Constant)


def test_no_text_reaches_a_widget_without_being_made_safe() -> None:
    folder = TOP / "langgym" / "tui"
    unclean = [line for path in folder.rglob("*.py") for line in find_unclean(path.read_text("utf-8"), path.name)]
    assert set(unclean) - OUR_OWN == set()


@pytest.mark.parametrize(
    "line",
    [
        "Static(f'{name}')",
        "Static(name)",
        "self.notify(error.text)",
        "table.add_row(row.name)",
        "self.query_one(Static).update(str(name))",
        "Label('a' + name)",
        "self.border_title = name",
    ],
)
def test_the_rule_finds_text_of_unknown_origin(line: str) -> None:
    assert list(find_unclean(line, "screen.py"))


def test_text_is_made_of_strings_only_where_it_is_made_safe() -> None:
    """A `Text` of Rich holds whatever it is given: only `safe` makes one of a text that is not a constant."""
    made: list[str] = []
    for path in (TOP / "langgym" / "tui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Text", "Text.from_markup", "Text.from_ansi"):
                made += [path.name for value in node.args[:1] if not isinstance(value, ast.Constant)]
    assert sorted(set(made) - DRAWN) == []
