"""Pictures of an episode, made anew by playing what is stored of it, with every position checked on the way."""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents_db.records import EpisodeRecord
from agents_db.store import AgentsDB
from langgym.errors import LangGymError, ReplayError, UsageError
from langgym.pictures.sight import Drawer, Sight
from langgym.replay import Past, Position, find_position, read_past
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.errors import AnswerError, BadSeat, EnvFault
from universe.making import load_renderer
from universe.streams import Stream
from universe.text_env import TextEnv
from universe.view import Move, Renderer

if TYPE_CHECKING:
    from PIL.Image import Image

INSTALL = "pip install 'langgym[dashboard]'"
DRAWERS: Mapping[str, str] = {
    "universe.renderers.tictactoe:TicTacToeRenderer": "squares:draw_noughts",
    "universe.renderers.connect_four:ConnectFourRenderer": "squares:draw_four",
    "universe.renderers.chess_game:ChessRenderer": "squares:draw_chess",
    "universe.renderers.go:GoRenderer": "squares:draw_go",
    "universe.renderers.rps:RpsRenderer": "tables:draw_rounds",
    "universe.renderers.poker:LeducRenderer": "tables:draw_leduc",
    "universe.renderers.poker:LimitRenderer": "tables:draw_limit",
    "universe.renderers.poker:NoLimitRenderer": "tables:draw_no_limit",
    "universe.renderers.hanabi:HanabiRenderer": "tables:draw_hanabi",
}
"""What is drawn here, by the renderer whose glimpses it is drawn from; of others PettingZoo's frames are taken."""
SPEEDS_ALONE = ("mpe/simple_spread_v3", "mpe/simple_tag_v3")
"""Environments that hide from a seat only how fast others move, which a picture does not show."""
GUARDED = ("repeated", "illegal_loop", "silent", "forfeit", "fault")
"""Ends that came from outside: the engine was not asked, so the last position is not to be compared."""


class NoPicture(LangGymError):
    """There is no picture of what was asked for; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The picture of a position."""

    turn: int
    """Before which it stood; the number of all turns for the last position."""
    image: "Image"


def check_installed() -> None:
    """Raises `UsageError` where the library that draws is missing."""
    if importlib.util.find_spec("PIL") is None:
        raise UsageError(f"Pictures need the package 'pillow', which is not installed: {INSTALL}")


def is_shared(card: EnvCard) -> bool:
    """Returns whether every seat may see all that there is to see."""
    return card.hidden is None or card.env_id in SPEEDS_ALONE


def check_view(card: EnvCard, seat: str | None) -> None:
    """Raises `NoPicture` where the only picture there is shows more than a seat may know."""
    if seat is not None and card.renderer not in DRAWERS and not is_shared(card):
        raise NoPicture(
            f"What PettingZoo draws of {card.env_id} shows more than {seat} may know, so there is no picture for a "
            "seat; a spectator sees everything."
        )


def draw_frames(
    db: AgentsDB, episode_id: int, *, seat: str | None = None, first: int = 0, last: int | None = None
) -> Iterator[Frame]:
    """Yields the pictures of an episode's positions, in order; used from one thread.

    Args:
        db: The store.
        episode_id: Of the episode.
        seat: Only what this seat may know; `None` is a spectator, who sees everything.
        first: The first turn of which a picture is wanted, from 0.
        last: The last one; `None` goes up to the last position.

    Raises:
        NotStored: There is no such episode.
        NoPicture: Nothing can be drawn, or nothing that the seat may see.
        ReplayError: The episode cannot be played again: what is rebuilt differs from what is stored.
        UniverseError: Its environment is gone, or cannot be made.
    """
    check_installed()
    record = db.episode(episode_id)
    card = default_catalog().find(record.env_id)
    check_view(card, seat)
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # drawing needs no screen
    stage = _Stage(record, card, seat)
    try:
        for turn in stage.play(read_past(db, episode_id)):
            if last is not None and turn > last:
                return
            if turn >= first:
                yield Frame(turn=turn, image=stage.draw())
    finally:
        stage.close()


class _Stage:
    """An episode that is played again."""

    def __init__(self, record: EpisodeRecord, card: EnvCard, seat: str | None) -> None:
        self._record, self._seat, self._card = record, seat, card
        self._drawer = _load_drawer(card)
        self._window = _Window(load_renderer(card))
        self._env = TextEnv(
            card,
            record.kwargs,
            max_turns=record.max_turns,
            renderer=self._window,
            pictures=self._drawer is None,
        )
        self._moves: list[Move] = []
        self._opener = self._env.seats[0]

    def play(self, past: Past) -> Iterator[int]:
        """Yields the number of every turn that the environment stands before, the end's last."""
        env = self._env
        env.reset(self._record.seed, menus=Stream.of(self._record.seed, "menu"), options=self._record.options)
        self._window.look(env)
        self._opener = env.turns()[0].seat if env.turns() else env.seats[0]
        while True:
            position = find_position(env)
            stored = past.actions.get(position.turn)
            self._compare(position, past, ended=stored is None)
            yield position.turn
            if stored is None or not env.turns():
                return
            try:
                self._move(stored)
            except EnvFault:
                if self._record.status == "failed":  # as it did when it was played
                    return
                raise

    def draw(self) -> "Image":
        """Returns the picture of where it stands."""
        if self._drawer is not None:
            return self._drawer(self._find_sight())
        from PIL import Image

        pixels = self._env.picture()
        if pixels is None:
            raise NoPicture(f"{self._card.env_id} draws no pictures.")
        return Image.fromarray(pixels)

    def close(self) -> None:
        self._env.close()

    def _compare(self, position: Position, past: Past, *, ended: bool) -> None:
        reasons = {part.reason for part in self._record.participations}
        if ended and (self._record.status != "finished" or reasons & set(GUARDED)):
            return
        expected = past.digests.get(position.turn)
        if expected not in (None, position.digest):
            raise ReplayError(
                f"The rebuilt environment differs from the stored one at turn {position.turn}.", turn=position.turn
            )

    def _move(self, stored: Mapping[str, int]) -> None:
        number = self._env.n_turns
        turns = self._env.turns()
        try:
            moves = [Move(number, turn.seat, stored[turn.seat], turn.name(stored[turn.seat])) for turn in turns]
            self._env.play(stored)
        except (AnswerError, BadSeat, KeyError) as error:
            raise ReplayError(f"The stored actions of turn {number} do not fit any more.", turn=number) from error
        self._moves += moves

    def _find_sight(self) -> Sight:
        lookers = self._env.seats if self._seat is None else (self._seat,)
        known = self._seat is None or self._card.moves_public
        return Sight(
            seats=self._env.seats,
            seat=self._seat,
            acting=tuple(turn.seat for turn in self._env.turns()),
            opener=self._opener,
            kwargs=self._env.arguments,
            glimpses={seat: self._window.glimpse_again(seat) for seat in lookers},
            moves=[move for move in self._moves if known or move.seat == self._seat],
        )


class _Window:
    """A renderer that can be asked for its glimpses at any time, also of seats that do not act and after the end."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._engine: object = None
        self.fields = renderer.fields
        self.brief, self.text, self.name = renderer.brief, renderer.text, renderer.name
        self.situation, self.facts, self.read = renderer.situation, renderer.facts, renderer.read

    def glimpse(self, engine: object, seat: str) -> object:
        """Returns what the renderer copies, and keeps the engine in mind."""
        self._engine = engine
        return self._renderer.glimpse(engine, seat)

    def look(self, env: TextEnv) -> None:
        """Makes acquaintance with the engine of an environment that was reset."""
        for turn in env.turns():
            turn.view.look()

    def glimpse_again(self, seat: str) -> object:
        """Returns what a seat may know now."""
        return self._renderer.glimpse(self._engine, seat)


def _load_drawer(card: EnvCard) -> Drawer | None:
    found = DRAWERS.get(card.renderer)
    if found is None:
        return None
    module, _, name = found.partition(":")
    return getattr(importlib.import_module(f"langgym.pictures.{module}"), name)
