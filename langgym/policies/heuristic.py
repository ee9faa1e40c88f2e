"""A rule or a search for every MPE and Classic environment: a rival worth beating, and what scores are measured by."""

import importlib
from collections.abc import Callable, Sequence
from typing import cast

from langgym.asking import Ledger
from langgym.errors import UsageError
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision, MemoryUse
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import Turn

Choose = Callable[[Turn, Stream], int]
"""From what a seat sees in a turn, and a stream for what is drawn by lot, to a legal action."""

CHOOSERS = {
    "classic/tictactoe_v3": "lines:choose_tictactoe",
    "classic/connect_four_v3": "lines:choose_connect_four",
    "classic/chess_v6": "chess_search:choose_chess",
    "classic/go_v5": "go_search:choose_go",
    "classic/rps_v2": "rps:choose_rps",
    "classic/hanabi_v5": "hanabi:choose_hanabi",
    "classic/leduc_holdem_v4": "poker:choose_leduc",
    "classic/texas_holdem_v4": "poker:choose_limit",
    "classic/texas_holdem_no_limit_v6": "poker:choose_no_limit",
    "mpe/simple_v3": "teams:choose_simple",
    "mpe/simple_adversary_v3": "contests:choose_adversary",
    "mpe/simple_crypto_v3": "contests:choose_crypto",
    "mpe/simple_push_v3": "contests:choose_push",
    "mpe/simple_reference_v3": "teams:choose_reference",
    "mpe/simple_speaker_listener_v4": "teams:choose_speaker_listener",
    "mpe/simple_spread_v3": "teams:choose_spread",
    "mpe/simple_tag_v3": "contests:choose_tag",
    "mpe/simple_world_comm_v3": "contests:choose_world",
    "mpe/simple_formation_v1": "teams:choose_formation",
    "mpe/simple_line_v1": "teams:choose_line",
    "mpe/collect_treasure_v1": "teams:choose_treasure",
}
"""By environment: the module of `langgym.rivals` and the function that chooses."""
_INSIDE = ("chess_search", "go_search", "hanabi", "lines", "poker")
"""Modules that read glimpses, which are only there where the engine runs in the same process."""


class HeuristicPolicy:
    """Decides by the rule or search of its environment, from its turn alone: a resumed episode decides alike."""

    memory: MemoryUse = "none"
    is_paid = False
    waits = False

    def __init__(self, card: EnvCard, stream: Stream) -> None:
        """Finds what plays a card.

        Raises:
            UsageError: Nothing does.
        """
        check_chooser(card)
        module, _, name = CHOOSERS[card.env_id].partition(":")
        self._choose = cast("Choose", getattr(importlib.import_module(f"langgym.rivals.{module}"), name))
        self._stream = stream

    def decide(self, turn: Turn, recalled: Sequence[Recalled], ledger: Ledger) -> Decision:
        """Returns the action that the rule gives."""
        return Decision(action=self._choose(turn, self._stream), source="scripted")


def looks_inside(card: EnvCard) -> bool:
    """Returns whether what plays a card reads the position itself, not only what a seat is shown of it."""
    return CHOOSERS.get(card.env_id, "").partition(":")[0] in _INSIDE


def check_chooser(card: EnvCard) -> None:
    """Raises `UsageError` where no heuristic plays a card."""
    if card.env_id not in CHOOSERS:
        raise UsageError(f"No heuristic plays {card.env_id}: there is one for every classic and mpe environment.")
