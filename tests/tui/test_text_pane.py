import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from rich.cells import cell_len
from rich.text import Text
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from langgym.tui.blocks import show_block
from langgym.tui.safe import safe
from langgym.tui.widgets.fold import break_line
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.views.blocks import Block

LINES = [Text(f"line {number}") for number in range(100)]
Check = Callable[[TextPane, Pilot[None]], Awaitable[None]]


class PaneApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.followed: list[object] = []

    def compose(self) -> ComposeResult:
        yield TextPane()
        yield Input()

    def on_text_pane_followed(self, message: TextPane.Followed) -> None:
        self.followed.append(message.link)


def run(check: Check, *, size: tuple[int, int] = (40, 15)) -> None:
    async def main() -> None:
        app = PaneApp()
        async with app.run_test(size=size) as pilot:
            pane = app.query_one(TextPane)
            pane.focus()
            await pilot.pause()
            await check(pane, pilot)

    asyncio.run(main())


def rows(pane: TextPane) -> list[str]:
    return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]


def test_a_title_folds_and_unfolds_its_block() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "Rules", LINES[:2]), PaneBlock("b", "Board", LINES[2:3])])
        await pilot.press("space")
        assert rows(pane)[:3] == ["> ▸ Rules (2 lines)", "  ▾ Board", "  line 2"]
        await pilot.press("enter")
        assert rows(pane)[:3] == ["> ▾ Rules", "  line 0", "  line 1"]

    run(check)


def test_folds_are_remembered_when_blocks_of_the_same_name_are_shown() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("rules", "Rules", LINES[:2])])
        await pilot.press("space")
        pane.show([PaneBlock("board", "Board", LINES[:1]), PaneBlock("rules", "Rules of another", LINES[:3])])
        assert [row[2:] for row in rows(pane)[:3]] == ["▾ Board", "line 0", "▸ Rules of another (3 lines)"]

    run(check)


def test_the_cursor_stays_at_its_line_when_the_text_is_shown_anew() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", LINES)])
        await pilot.press("G")
        pane.show([PaneBlock("new", "New", LINES[:7]), PaneBlock("a", "A", LINES)])
        assert pane.text_of_cursor() == "line 99"
        pane.show([PaneBlock("a", "A", LINES)], keep=False)
        assert pane.cursor == 0

    run(check)


def test_the_cursor_stays_at_its_line_when_the_terminal_is_resized() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", [Text("word " * 60), Text("after")])])
        await pilot.press("G")
        n_rows = pane.cursor
        await pilot.resize_terminal(20, 15)
        await pilot.pause()
        assert pane.text_of_cursor() == "after"
        assert pane.cursor > n_rows
        assert any(row == "> after" for row in rows(pane))

    run(check)


def test_enter_follows_the_link_of_a_block() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", LINES[:2]), PaneBlock("m", "Memory", LINES[:2], link=("memory", 12))])
        assert rows(pane)[3] == "  ▾ Memory →"
        await pilot.press("G", "enter")
        assert isinstance(pilot.app, PaneApp)
        assert pilot.app.followed == [("memory", 12)]

    run(check)


def test_enter_in_a_line_without_a_link_is_left_to_the_screen() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pressed: list[str] = []
        pilot.app.bind("enter", "note")
        pilot.app.action_note = lambda: pressed.append("enter")  # type: ignore[attr-defined]
        pane.show([PaneBlock("a", "A", LINES[:2])])
        await pilot.press("j", "enter")
        assert pressed == ["enter"]

    run(check)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("j", 1),
        ("j j k", 1),
        ("down up", 0),
        ("G", 100),
        ("end home", 0),
        ("G g", 0),
        ("pagedown", 11),
        ("G pageup", 89),
    ],
)
def test_keys_move_the_cursor_and_it_stays_in_sight(keys: str, row: int) -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", LINES)])
        await pilot.press(*keys.split())
        assert pane.cursor == row
        assert sum(drawn.startswith(">") for drawn in rows(pane)) == 1

    run(check)


def test_a_block_can_be_put_at_the_top_as_soon_as_it_is_shown() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", LINES), PaneBlock("b", "B", LINES)])
        assert pane.select("b")
        assert not pane.select("c")
        assert rows(pane)[0] == "> ▾ B"

    run(check)


def test_a_click_on_a_title_folds_it() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", LINES[:2]), PaneBlock("b", "B", LINES[2:4])])
        await pilot.click(pane, offset=(4, 3))
        assert rows(pane)[3] == "> ▸ B (2 lines)"

    run(check)


def test_the_text_is_whole_though_blocks_are_folded() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "A", LINES[:2], folded=True), PaneBlock("b", "", [safe("one\n\ntwo")])])
        assert pane.text() == "A\nline 0\nline 1\none\n\ntwo"
        assert pane.text_of_cursor() == "line 0\nline 1"

    run(check)


def test_a_block_without_a_title_does_not_fold() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "", LINES[:2], folded=True)])
        await pilot.press("space")
        assert rows(pane)[:2] == ["> line 0", "  line 1"]

    run(check)


def test_an_empty_pane_takes_every_key() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        await pilot.press("j", "k", "g", "G", "enter", "space", "pagedown")
        assert (pane.text(), pane.text_of_cursor(), pane.block) == ("", "", None)

    run(check)


def test_the_last_cell_of_a_row_is_not_under_the_scroll_bar() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "", [Text("x" * 37 + "y"), *LINES])])
        assert rows(pane)[:3] == ["> " + "x" * 37, "  y", "  line 0"]

    run(check)


def test_a_title_of_unknown_origin_is_shown_as_text() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        pane.show([PaneBlock("a", "[/b]\x1b]0;x\x07" + "y" * 100, LINES[:1], folded=True)])
        assert rows(pane)[0].startswith("> ▸ [/b]␛]0;x␇yyy")
        assert rows(pane)[0].endswith("… (1 line)")

    run(check)


def test_styles_of_a_line_survive_breaking() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        line = Text("top\n" + "plain " * 7 + "red", style="italic")
        line.stylize("bold", len(line) - 3)
        pane.show([PaneBlock("a", "", [line])])
        drawn = {segment.text: segment.style for segment in pane.render_line(2)}
        assert drawn["red"] is not None
        assert (drawn["red"].bold, drawn["red"].italic) == (True, True)

    run(check)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "word " * 30,
        "x" * 95,
        "    indented " * 9,
        "漢字かな" * 20,
        "e\u0301" * 50,
        "👩\u200d👩\u200d👧 " * 12,
        " " * 50,
    ],
    ids=["empty", "words", "long", "spaces", "wide", "combining", "joined", "blank"],
)
@pytest.mark.parametrize("width", [1, 2, 7, 40])
def test_breaking_loses_nothing_and_fits(line: str, width: int) -> None:
    ends = break_line(line, width)
    parts = [line[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    assert "".join(parts) == line
    assert all(cell_len(part.rstrip()) <= max(2, width) for part in parts)


def test_64_kilobytes_are_shown_at_once() -> None:
    text = "\n".join(
        "a line of words that somebody wrote, rather long, so that it breaks at the edge " * 2 for _ in range(410)
    )

    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        best = min([await timed(pane, text) for _ in range(5)])
        assert len(text) > 65_000
        assert best < 0.03

    run(check, size=(120, 40))


def test_a_megabyte_in_one_line_does_not_block() -> None:
    async def check(pane: TextPane, pilot: Pilot[None]) -> None:
        assert min([await timed(pane, "x " * 500_000) for _ in range(5)]) < 0.05
        assert "more)" in pane.text()

    run(check, size=(120, 40))


async def timed(pane: TextPane, text: str) -> float:
    start = time.process_time()
    pane.show([PaneBlock("a", "Prompt", [safe(text)])])
    rows(pane)
    return time.process_time() - start


def test_lines_that_differ_from_an_earlier_text_have_a_colour_beside_their_sign() -> None:
    lines = ["  board", "- move 3", "+ move 4\x1b[2J"]

    marked = show_block(Block("a", "Prompt", lines, marked=True)).lines
    plain = show_block(Block("a", "Prompt", lines)).lines

    assert [(line.plain, line.style) for line in marked] == [
        ("  board", ""),
        ("- move 3", "red"),
        ("+ move 4␛[2J", "green"),
    ]
    assert [line.style for line in plain] == ["", "", ""]
