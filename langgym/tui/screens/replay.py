"""ReplayScreen: an episode step by step: the board, the prompt, the attempts, the decision, and what came of it."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from langgym.tui.blocks import show_block
from langgym.tui.boards import paint_board
from langgym.tui.keymap import bind
from langgym.tui.reel import Place, Reel
from langgym.tui.safe import safe
from langgym.tui.screens.screen import StoreScreen
from langgym.tui.targets import EpisodeTarget, MemoryTarget
from langgym.tui.trouble import Trouble
from langgym.tui.widgets.scrubber import Scrubber
from langgym.tui.widgets.state_panel import StatePanel
from langgym.tui.widgets.text_pane import PaneBlock, TextPane
from langgym.tui.widgets.virtual_list import VirtualList
from langgym.views.replay import MOVE_COLUMNS, Move, describe_life, is_settled, list_moves, list_step_blocks

if TYPE_CHECKING:
    from agents_db.store import AgentsDB
    from langgym.query.replay import Replay, ReplayStep

HELD = 64
"""Decisions that are kept with their texts."""
AHEAD = 3
"""Decisions round the one that is looked at that are read before they are asked for."""
PACES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Decisions a second."""
FOLLOW_SECONDS = 0.2
"""Between two times that an episode which is being played is read."""


class ReplayScreen(StoreScreen):
    """One episode."""

    HELP: ClassVar[str | None] = (
        "An episode, decision by decision. ] and [ step, } and { keep to the seat, p plays, f follows an episode that "
        "is being played, d shows the whole prompt or what changed in it, m goes to the recalled memories, t to what "
        "it taught."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("next-step", "step(1)"),
        bind("previous-step", "step(-1)"),
        bind("next-own", "own(1)"),
        bind("previous-own", "own(-1)"),
        bind("play"),
        bind("faster", "pace(1)"),
        bind("slower", "pace(-1)"),
        bind("follow"),
        bind("diff"),
        bind("recalled", "find('memory:')"),
        bind("taught", "find('taught:')"),
        bind("retry"),
    ]
    DEFAULT_CSS = """
    ReplayScreen #board { height: 2fr; min-height: 8; }
    ReplayScreen #moves { height: 1fr; border-top: solid $panel; }
    ReplayScreen #left { width: 2fr; }
    ReplayScreen #step { width: 3fr; border-left: solid $panel; }
    ReplayScreen.-narrow #left { width: 1fr; }
    ReplayScreen.-narrow #step { width: 1fr; }
    """

    def __init__(self, target: EpisodeTarget) -> None:
        super().__init__()
        self._target = target
        self._reel = Reel(follows=target.follow)
        self._replay: Replay | None = None
        self._moves: list[Move] = []
        self._steps: OrderedDict[Place, ReplayStep] = OrderedDict()
        self._in_full = False
        self._pace = 1
        self._timer: Timer | None = None

    @property
    def heading(self) -> str:
        """What the bar says: the episode and who plays in it."""
        if self._replay is None:
            return f"Episode {self._target.episode_id}"
        players = ", ".join(f"{part.player} as {part.seat}" for part in self._replay.participations)
        return f"Episode {self._replay.episode_id}  {self._replay.env_id}  {players}  {self._replay.status}"

    def twin(self) -> str:
        """Returns the command that prints the same."""
        place = self._reel.place
        step = "" if place is None else f" --step {place.turn} --seat {place.seat}"
        return f"langgym replay {self._target.episode_id}{step}{' --full' if self._in_full else ''}"

    def compose_body(self) -> ComposeResult:
        """Yields board, decisions, the step and the scrubber."""
        glyphs = self.gym.settings.glyphs
        yield StatePanel()
        with Horizontal(id="stage"):
            with Vertical(id="left"):
                yield TextPane(id="board", glyphs=glyphs)
                yield VirtualList[Move](MOVE_COLUMNS, id="moves")
            yield TextPane(id="step", glyphs=glyphs)
        yield Scrubber(id="scrubber", glyphs=glyphs)

    def on_mount(self) -> None:
        """Reads the episode."""
        super().on_mount()
        self.query_one("#stage").display = False
        self.query_one(StatePanel).tell("loading", f"loading episode {self._target.episode_id}")
        self._read()

    # reading

    def _read(self) -> None:
        episode_id = self._target.episode_id

        def read(db: "AgentsDB") -> "Replay":
            from langgym.query.replay import read_replay

            return read_replay(db, episode_id)

        self.fetch("replay", read, self._show_replay, failed=self._fail)

    def _fail(self, trouble: Trouble) -> None:
        if trouble.kind == "schema":
            self.gym.give_up(trouble)
        self.query_one("#stage").display = False
        panel = self.query_one(StatePanel)
        panel.display = True
        panel.tell(
            "empty" if trouble.kind in ("empty", "gone") else "error", trouble.text, "esc goes back; r reads again"
        )

    def _show_replay(self, replay: "Replay") -> None:
        first = self._replay is None
        self._forget_open_turn()
        self._replay, self._moves = replay, list_moves(replay)
        self._reel.extend([Place(move.item.turn, move.item.seat) for move in self._moves])
        if first:
            self._reel.n_new = 0
            self.query_one("#stage").display = True
            self.query_one(StatePanel).display = False
            self._start()
        self._list.fill_items(dict(enumerate(self._moves)))
        self._list.select(self._reel.at)
        if replay.status != "running":
            self._reel.follows = False
        self.update_bar()
        self._show_place()

    def _start(self) -> None:
        """Goes to the decision that was asked for."""
        self.query_one("#moves").focus()
        if self._target.turn is None:
            return
        at = self._reel.find(self._target.turn, self._target.seat)
        if at is None:
            self.gym.tell(
                f"Episode {self._target.episode_id} has no decision in turn {self._target.turn}.", warning=True
            )
        else:
            self._reel.go(at)

    def _forget_open_turn(self) -> None:
        """Drops what may have grown: the last turn of an episode that is being played is not paid yet."""
        last = self._moves[-1].item.turn if self._moves else None
        for place in [place for place in self._steps if place.turn == last]:
            del self._steps[place]

    # what is looked at

    @property
    def _list(self) -> VirtualList[Move]:
        return cast("VirtualList[Move]", self.query_one("#moves", VirtualList))

    def _show_place(self) -> None:
        place = self._reel.place
        self._show_scrubber()
        if place is None:
            self._show_nothing()
        elif place in self._steps:
            self._show_step(self._steps[place])
            self._read_ahead()
        else:
            self._fetch_step(place, "step")

    def _fetch_step(self, place: Place, group: str) -> None:
        episode_id = self._target.episode_id

        def read(db: "AgentsDB") -> "ReplayStep":
            from langgym.query.replay import read_replay_step

            return read_replay_step(db, episode_id, place.turn, place.seat)

        self.fetch(group, read, partial(self._keep_step, place))

    def _keep_step(self, place: Place, step: "ReplayStep") -> None:
        self._steps[place] = step
        while len(self._steps) > HELD:
            self._steps.popitem(last=False)
        if place == self._reel.place:
            self._show_step(step)
            self._read_ahead()

    def _read_ahead(self) -> None:
        """Reads one more decision near the one that is looked at; when it has come, the next."""
        for way in (1, -1, 2, -2, 3, -3)[: 2 * AHEAD]:
            at = self._reel.at + way
            if 0 <= at < len(self._reel.places) and self._reel.places[at] not in self._steps:
                self._fetch_step(self._reel.places[at], f"ahead {way}")
                return

    def _show_nothing(self) -> None:
        replay = self._replay
        lines = [] if replay is None else [safe(line) for line in describe_life(replay)]
        self.query_one("#board", TextPane).show([PaneBlock("board", "no decision yet", [])])
        self.query_one("#step", TextPane).show([PaneBlock("life", "", lines)])

    def _show_step(self, step: "ReplayStep") -> None:
        assert self._replay is not None
        board = safe("(nobody who keeps texts has looked yet)") if step.board is None else None
        painted = paint_board(self._replay.env_id, step.board) if step.board is not None else board
        assert painted is not None
        self.query_one("#board", TextPane).show([PaneBlock("board", "", [painted])])
        self.query_one("#step", TextPane).show(list(self._list_blocks(step)), keep=True)

    def _list_blocks(self, step: "ReplayStep") -> Iterator[PaneBlock]:
        assert self._replay is not None
        settled = is_settled(self._replay, step.step.turn)
        for block in list_step_blocks(step, in_full=self._in_full, settled=settled):
            kind, _, number = block.name.partition(":")
            link = MemoryTarget(int(number)) if kind in ("memory", "taught") else None
            folded = not block.changed or kind == "board"
            yield show_block(block, folded=folded, link=link)
        yield PaneBlock("life", "the episode", [safe(line) for line in describe_life(self._replay)], folded=True)

    def _show_scrubber(self) -> None:
        words = [f"playing at {PACES[self._pace]:g} a second"] if self._timer is not None else []
        words += ["following"] if self._reel.follows else []
        words += [f"{self._reel.n_new} new (f follows)"] if self._reel.n_new and not self._reel.follows else []
        self.query_one(Scrubber).show(self._reel.at, len(self._reel.places), ", ".join(words))

    # ways through it

    def _go(self, at: int) -> None:
        self._reel.go(at)
        self._list.select(self._reel.at)
        self._show_place()

    def action_step(self, way: int) -> None:
        """Goes by one decision."""
        self._go(self._reel.at + way)

    def action_own(self, way: int) -> None:
        """Goes to the next or previous decision of the same seat."""
        self._reel.step_own(way)
        self._go(self._reel.at)

    def on_virtual_list_moved(self, moved: VirtualList.Moved) -> None:
        """Goes to the decision at the cursor of the list."""
        if moved.row_id != self._reel.at:
            self._reel.go(moved.row_id)
            self._show_place()

    def on_virtual_list_chosen(self, chosen: VirtualList.Chosen) -> None:
        """Moves on to the step."""
        self.query_one("#step").focus()

    def on_scrubber_moved(self, moved: Scrubber.Moved) -> None:
        """Goes where it was clicked."""
        self._go(moved.at)

    def action_find(self, kind: str) -> None:
        """Goes to the first block of a kind."""
        place = self._reel.place
        step = None if place is None else self._steps.get(place)
        names = [] if step is None else [block.name for block in self._list_blocks(step)]
        found = next((name for name in names if name.startswith(kind)), None)
        pane = self.query_one("#step", TextPane)
        if found is None:
            nothing = {
                "memory:": "no memory was recalled for this decision",
                "taught:": "no memory rests on this decision",
            }
            self.gym.tell(nothing[kind])
        elif pane.select(found):
            pane.focus()

    def action_diff(self) -> None:
        """Shows the whole prompt, or what changed in it."""
        self._in_full = not self._in_full
        self._show_place()

    def action_retry(self) -> None:
        """Reads the episode again."""
        self._steps.clear()
        self._read()

    # playing and following

    def action_play(self) -> None:
        """Plays the episode from here, or stops."""
        if self._timer is not None:
            self._stop()
        else:
            self._timer = self.set_interval(1 / PACES[self._pace], self._advance)
        self._show_scrubber()

    def action_pace(self, way: int) -> None:
        """Plays faster or slower."""
        self._pace = max(0, min(self._pace + way, len(PACES) - 1))
        if self._timer is not None:
            self._stop()
            self._timer = self.set_interval(1 / PACES[self._pace], self._advance)
        self._show_scrubber()

    def _advance(self) -> None:
        """Goes on by one decision, once the one that is looked at is there."""
        if self._reel.at >= len(self._reel.places) - 1:
            self._stop()
            self._show_scrubber()
        elif self._reel.place in self._steps and self.is_current:
            self.action_step(1)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def action_follow(self) -> None:
        """Follows the episode as it is played, or stops."""
        if self._replay is not None and self._replay.status != "running":
            self.gym.tell("this episode has ended; p plays it")
            return
        self._reel.toggle_follow()
        self._go(self._reel.at)

    @property
    def calm_seconds(self) -> float:
        """Seconds between two readings while it is being played."""
        return FOLLOW_SECONDS

    def reload(self) -> None:
        """Reads the decisions that have come."""
        if self._replay is None or self._replay.status == "running":
            self._read()

    # what is copied

    def text_to_copy(self) -> str:
        """Returns the text at the cursor of the pane that has the focus, else the whole step."""
        focused = self.focused
        return focused.text_of_cursor() if isinstance(focused, TextPane) else self.query_one("#step", TextPane).text()

    def text_to_page(self) -> str:
        """Returns board and step."""
        return f"{self.query_one('#board', TextPane).text()}\n\n{self.query_one('#step', TextPane).text()}"

    def json_to_copy(self) -> str | None:
        """Returns the decision as JSON."""
        place = self._reel.place
        step = None if place is None else self._steps.get(place)
        return None if step is None else step.model_dump_json(indent=2, by_alias=True)
