"""What tests of budgets share: attempts, a clock, and a world whose model has a price."""

from dataclasses import dataclass
from pathlib import Path

from agents_db.records import AttemptDraft, MessageText
from langgym.asking import Attempt
from langgym.models.doubles import FunctionModel
from tests.langgym.worlds import World

PRICES_FILE = "[models.double]\ninput = 1\ncached = 0.1\noutput = 10\n"
TICTACTOE = "classic/tictactoe_v3"


def make_world(home: Path, model: FunctionModel | None = None) -> World:
    home.mkdir(parents=True)
    (home / "prices.toml").write_text(PRICES_FILE, encoding="utf-8")
    return World(home, model)


def make_attempt(**changes: object) -> Attempt:
    values: dict[str, object] = {"ordinal": 0, "outcome": "ok", "prompt": (), "reply": "a", "problem": None}
    return Attempt(**{**values, "est_in": 100, "est_out": 50, **changes})  # pyright: ignore[reportArgumentType]


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def draft_attempt(world: World, attempt: Attempt) -> AttemptDraft:
    [episode] = world.db.episodes()
    [seat] = [part.seat for part in episode.participations if part.agent_id is not None]
    return AttemptDraft(
        ordinal=attempt.ordinal,
        outcome=attempt.outcome,
        prompt=(MessageText(role="user", section="board", text="?"),),
        reply=attempt.reply,
        problem=None,
        tokens_in=attempt.tokens_in,
        tokens_out=attempt.tokens_out,
        cached_tokens=None,
        milliseconds=0,
        episode_id=episode.episode_id,
        turn=99,
        seat=seat,
        model="openai:double",
        est_in=attempt.est_in,
        est_out=attempt.est_out,
        lost_calls=attempt.lost_calls,
    )
