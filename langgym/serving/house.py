"""The players of a service's house: policies that need no agent, and the agents that it offers."""

from collections.abc import Callable, Iterable

from agents_db.records import EpisodeRecord
from langgym.agent import AgentPlayer, Stranger, find_asking
from langgym.config import Settings
from langgym.errors import LangGymError, UsageError
from langgym.policies.registry import HEURISTIC, PolicyPlace, check_fit, make_policy
from langgym.rivals.programs import read_program
from langgym.serving.agents import AGENT, ServedAgents
from langgym.serving.journal import Thinking
from universe.card import EnvCard
from universe.service.contracts import Play, Sitter, TableDraft
from universe.streams import Stream
from universe.text_env import Turn

FREE = ("random", HEURISTIC)
"""Whom anybody may ask for."""


class GymHouse:
    """Knows who can be asked to sit down; fulfils `universe.service.contracts.House`.

    A guest's words choose among players that the operator has named, and nothing else: no other program is started, no
    other agent plays, and no model is paid.
    """

    def __init__(
        self,
        players: Iterable[str] = (),
        *,
        agents: ServedAgents | None = None,
        find_episode: Callable[[str], EpisodeRecord] | None = None,
    ) -> None:
        """Prepares to seat players.

        Args:
            players: Whom guests may ask for beside `random` and `heuristic`: `uci:…`, `gtp:…`, `agent:NAME`.
            agents: Those of the service; `None` where nothing is stored, and agents cannot play.
            find_episode: Returns the episode of a table, by the table's id.

        Raises:
            UsageError: A name is nobody's.
        """
        self._agents = agents
        self._find_episode = find_episode
        self._players = tuple(dict.fromkeys((*FREE, *players)))
        for who in self._players:
            self._check_name(who)

    def players(self) -> list[str]:
        """Returns whom guests may ask for."""
        return list(self._players)

    def check(self, who: str, card: EnvCard, seat: str) -> str | None:
        """Returns why somebody cannot play a seat; `None` where it can."""
        if who not in self._players:
            return f"nobody of that name plays here; there are {', '.join(self._players)}"
        try:
            check_fit(who, card)
        except LangGymError as error:
            return str(error)
        return None

    def sit_down(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> Sitter:
        """Seats somebody at a table; what it takes to play is made at its first turn."""
        if who.startswith(AGENT):
            return AgentSitter(lambda: self._send(who.removeprefix(AGENT), draft, card, seat), self._agents)
        return PolicySitter(who, draft, card, seat)

    def _send(self, name: str, draft: TableDraft, card: EnvCard, seat: str) -> AgentPlayer:
        if self._agents is None or self._find_episode is None:
            raise UsageError(f"{AGENT}{name} cannot play where nothing is stored.")
        return self._agents.sit_down(name, self._find_episode(draft.table_id), seat, card)

    def _check_name(self, who: str) -> None:
        name = who.removeprefix(AGENT)
        if who.startswith(AGENT):
            if self._agents is None:
                raise UsageError(f"{who} remembers what it plays, and here nothing is stored: leave out --memory.")
            if name not in self._agents.names:
                raise UsageError(f"{who} is not one of the service's agents.")
        elif who not in FREE and read_program(who) is None:
            raise UsageError(f"{who!r} can sit down nowhere: use random, heuristic, uci:…, gtp:… or agent:NAME.")


class PolicySitter:
    """A policy in a seat of a table: it remembers nothing, and decides alike when the table is rebuilt."""

    def __init__(self, who: str, draft: TableDraft, card: EnvCard, seat: str) -> None:
        """Prepares to sit down."""
        self._who = who
        self._place = PolicyPlace(
            agent=who,
            seat=seat,
            card=card,
            stream=Stream.of(draft.seed, draft.table_id, "policy", seat),
            asking=find_asking(Settings()),
            model=None,
        )
        self._stranger: Stranger | None = None

    @property
    def waits(self) -> bool:
        """Whether it may search or ask a program, which takes long."""
        return self._who != "random"

    def act(self, turn: Turn) -> Play:
        """Returns what the policy plays."""
        if self._stranger is None:
            self._stranger = Stranger(make_policy(self._who, self._place))
        decision, _ = self._stranger.act(turn)
        return _make_play(turn, Thinking(decision=decision))

    def close(self) -> None:
        """Ends what the policy holds."""
        if self._stranger is not None:
            self._stranger.close()


class AgentSitter:
    """An agent in a seat of a table: it recalls, asks its model within its budgets, and learns from the game."""

    def __init__(self, send: Callable[[], AgentPlayer], agents: ServedAgents | None) -> None:
        """Prepares to sit down.

        Args:
            send: Has the agent sit down.
            agents: Those of the service.
        """
        self._send = send
        self._agents = agents
        self._player: AgentPlayer | None = None

    @property
    def waits(self) -> bool:
        """Always: it recalls, and mostly asks a model."""
        return True

    def act(self, turn: Turn) -> Play:
        """Returns what the agent plays; sits down first, when it is known who else does.

        Raises:
            BudgetError: A limit of the agent is reached.
            ModelError: The model's provider failed.
        """
        if self._player is None:
            self._player = self._send()
        assert self._agents is not None
        with self._agents.playing():
            decision, recalled = self._player.act(turn)
        return _make_play(turn, Thinking(decision=decision, recalled=recalled))

    def close(self) -> None:
        """Ends what the player holds."""
        if self._player is not None:
            self._player.close()


def _make_play(turn: Turn, thinking: Thinking) -> Play:
    """Returns what is played; where nobody gave a legal answer, the table goes by the seat's rule."""
    decision = thinking.decision
    return Play(turn=turn, action=decision.action, source=decision.source, extra=thinking)
