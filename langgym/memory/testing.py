"""The conformance check that every kind of memory passes, and pasts to check it with, played without a model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from agents_db.knowledge import AsOf, MemoryRecord
from agents_db.records import (
    AgentDraft,
    AgentRecord,
    EpisodeDraft,
    EpisodeEnd,
    EpisodeRecord,
    PlayerDraft,
    PositionDraft,
    RunDraft,
    SeatOutcome,
    StepDraft,
)
from agents_db.store import AgentsDB
from langgym.memory.life import pack_facts
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

CARDS = ("classic/tictactoe_v3", "classic/rps_v2")
"""A game in turns where everything is open, and one where all act at once."""
Absorb = Callable[[AgentsDB, int, EnvCard, EpisodeRecord], object]
"""Stores what an agent, by its id, remembers of a finished episode; for the same episode again it changes nothing."""
Recollect = Callable[[AgentsDB, int, EnvCard], Sequence[MemoryRecord]]
"""Returns what an agent, by its id, recalls of an environment."""


class MemoryFault(AssertionError):
    """A kind of memory breaks its contract."""


class Mind(Protocol):
    """Somebody who decides in a past."""

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns a legal action."""
        ...


class Dice:
    """Decides by chance."""

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns any legal action."""
        return stream.pick(turn.view.legal, turn.seat, turn.index)


class Insistence(Dice):
    """Takes an action that has some fact where there is one, and else decides by chance."""

    def __init__(self, fact: str) -> None:
        """Takes the fact."""
        self._fact = fact

    def decide(self, turn: Turn, stream: Stream, *, learning: bool) -> int:
        """Returns an action with the fact."""
        fitting = [action for action in turn.view.legal if self._fact in turn.facts.actions[action]]
        return (
            stream.pick(fitting, turn.seat, turn.index) if fitting else super().decide(turn, stream, learning=learning)
        )


def check_memory(
    absorb: Absorb,
    *,
    kind: str,
    folder: Path,
    recollect: Recollect | None = None,
    cards: Sequence[str] = CARDS,
    n_episodes: int = 30,
) -> None:
    """Checks that a kind of memory is absorbed, recalled, and recalled alike when the store is opened again.

    What is remembered belongs to the agent, its environment and role, rests on decisions that exist, and is as old as
    the episode; absorbing an episode again changes nothing; before the first episode nothing was known, and another
    agent knows nothing.

    Args:
        absorb: Stores memories of the kind after an episode.
        kind: As it is stored.
        folder: For the stores, one for each card; it must be empty.
        recollect: How it is recalled; by default whatever is active is.
        cards: Environments in which the kind is expected to remember something after `n_episodes`.
        n_episodes: Episodes of a past, in which a rival always takes the same kind of action.

    Raises:
        MemoryFault: The contract is broken.
    """
    for number, env_id in enumerate(cards):
        card = default_catalog().find(env_id)
        _Trial(absorb, kind, recollect or read_active, card, folder / f"{number}.db").check(n_episodes)


def read_active(db: AgentsDB, agent_id: int, card: EnvCard) -> list[MemoryRecord]:
    """Returns the active memories of an agent in an environment, newest first."""
    return db.memories(agent_id, env_id=card.env_id, limit=2**31)


class _Trial:
    """One card in a store of its own."""

    def __init__(self, absorb: Absorb, kind: str, recollect: Recollect, card: EnvCard, path: Path) -> None:
        self._absorb, self._kind, self._recollect = absorb, kind, recollect
        self._card, self._path = card, path

    def check(self, n_episodes: int) -> None:
        with AgentsDB.open(self._path) as db:
            ada, eve = (db.create_agent(AgentDraft(name=name, model="none")) for name in ("ada", "eve"))
            self._live(db, ada, n_episodes)
            known = self._recall(db, ada.agent_id)
            self._demand(bool(known), f"something is remembered after {n_episodes} episodes")
            for memory in known:
                self._check_memory(db, memory, clock=n_episodes)
            self._absorb(db, ada.agent_id, self._card, db.episodes(limit=1)[0])
            self._demand(self._recall(db, ada.agent_id) == known, "absorbing an episode again changes nothing")
            self._demand(not self._recall(db, eve.agent_id), "another agent knows nothing of it")
            born = db.memories_as_of(ada.agent_id, AsOf(clock=0), kinds=(self._kind,))
            self._demand(not born, "before the first episode nothing was known")
        with AgentsDB.open(self._path) as db:
            self._demand(self._recall(db, ada.agent_id) == known, "the same is recalled when the store is opened again")

    def _live(self, db: AgentsDB, agent: AgentRecord, n_episodes: int) -> None:
        fact = "edge" if "edge" in _read_facts(self._card) else next(iter(_read_facts(self._card)))
        play_past(
            db,
            agent,
            self._card,
            n_episodes,
            rival=Insistence(fact),
            after=lambda episode: self._absorb(db, agent.agent_id, self._card, episode),
        )

    def _recall(self, db: AgentsDB, agent_id: int) -> list[MemoryRecord]:
        return [each for each in self._recollect(db, agent_id, self._card) if each.kind == self._kind]

    def _check_memory(self, db: AgentsDB, memory: MemoryRecord, *, clock: int) -> None:
        roles = {self._card.role(seat) for seat in self._card.seats}
        self._demand(memory.agent == "ada", "a memory is its agent's")
        self._demand(bool(memory.text.strip()), "a memory says something")
        self._demand(memory.env_id == self._card.env_id and memory.role in roles, "a memory knows its place")
        self._demand(0.0 <= memory.importance <= 1.0, "the importance is in [0, 1]")
        self._demand(0 < memory.clock <= clock, "a memory is as old as its episode")
        for piece in db.evidence(memory.memory_id):
            turns = {step.turn for step in db.moves(piece.episode_id) if step.seat == piece.seat}
            cited = {turn for turn in (piece.turn_from, piece.turn_to) if turn is not None}
            self._demand(cited <= turns, "a memory rests on decisions that exist")

    def _demand(self, holds: bool, what: str) -> None:
        if not holds:
            raise MemoryFault(f"{self._card.env_id}, {self._kind}: it does not hold that {what}.")


def _read_facts(card: EnvCard) -> dict[str, None]:
    """Returns the facts of the actions of the first turn of a game, in order."""
    env = TextEnv(card)
    try:
        env.reset(1)
        facts = env.turns()[0].facts.actions
        return dict.fromkeys(fact for each in facts.values() for fact in each)
    finally:
        env.close()


def play_past(
    db: AgentsDB,
    agent: AgentRecord,
    card: EnvCard,
    n: int,
    *,
    me: Mind | None = None,
    rival: Mind | None = None,
    rival_name: str = "random",
    seed: int = 0,
    after: Callable[[EpisodeRecord], object] = lambda episode: None,
) -> None:
    """Plays episodes of an agent into a store, without a model, its seat rotating.

    Args:
        db: The store.
        agent: Whose past it is to be.
        card: What is played.
        n: Episodes.
        me: Who decides for the agent; by default chance.
        rival: Who decides for all others; by default chance.
        rival_name: What the others are called.
        seed: Of what is drawn.
        after: Is called with each finished episode.
    """
    env = TextEnv(card)
    run = db.start_run(RunDraft(seed=seed, settings={}, langgym_version="0", commit=None))
    minds = (me or Dice(), rival or Dice())
    for number in range(n):
        mine = card.seats[number % len(card.seats)]
        episode = db.start_episode(_draft_episode(card, (run.run_id, number), agent, mine, rival_name))
        _play(db, env, episode.episode_id, mine, minds, Stream.of("past", seed, number))
        after(db.episode(episode.episode_id))
    env.close()


def _draft_episode(
    card: EnvCard, place: tuple[int, int], agent: AgentRecord, mine: str, rival_name: str
) -> EpisodeDraft:
    players = tuple(
        PlayerDraft(
            seat=seat,
            role=card.role(seat),
            team=card.team(seat),
            player=agent.name if seat == mine else rival_name,
            agent_id=agent.agent_id if seat == mine else None,
            model=None,
        )
        for seat in card.seats
    )
    run_id, number = place
    return EpisodeDraft(
        run_id=run_id,
        number=number,
        choice_id=None,
        env_id=card.env_id,
        kwargs={},
        text_version=card.text_version,
        situation_version=card.situation_version,
        seed=number,
        max_turns=None,
        templates="",
        packages={},
        langgym_version="0",
        commit=None,
        players=players,
    )


def _play(db: AgentsDB, env: TextEnv, episode_id: int, mine: str, minds: tuple[Mind, Mind], stream: Stream) -> None:
    env.reset(stream.integer("env") & 0x7FFFFFFF)
    position = PositionDraft(turn=0, digest=b"", payments=env.payments())
    while turns := env.turns():
        actions = {turn.seat: minds[turn.seat != mine].decide(turn, stream, learning=True) for turn in turns}
        steps = [_draft_step(env, turn, actions[turn.seat], mine=mine) for turn in turns]
        db.record_turn(episode_id, position, steps, paid=False, held=True)
        env.play(actions)
        paid = {seat: reward for seat, reward in env.payments().items() if reward}
        position = PositionDraft(turn=env.n_turns, digest=b"", payments=paid)
    outcome = env.outcome()
    outcomes = tuple(
        SeatOutcome(seat=seat, total=end.total, result=end.result, reason=end.reason) for seat, end in outcome.items()
    )
    end = EpisodeEnd(
        episode_id=episode_id,
        status="finished",
        reason=outcome[mine].reason,
        fault=None,
        position=position,
        outcomes=outcomes,
        memories=(),
    )
    db.end_episode(end)


def _draft_step(env: TextEnv, turn: Turn, action: int, *, mine: str) -> StepDraft:
    taught = turn.seat == mine or env.card.hidden is None
    return StepDraft(
        turn=env.n_turns,
        seat=turn.seat,
        action=action,
        name=turn.name(action),
        source="random",
        situation=turn.situation if taught else None,
        facts=pack_facts(turn.facts) if taught else None,
    )
