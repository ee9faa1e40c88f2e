"""The journal that keeps served tables in the agents' database: a table is an episode, an answer an attempt."""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from agents_db.records import AttemptDraft, EpisodeDraft, EpisodeRecord, PlayerDraft, RunRecord, Source
from agents_db.serving import ServedClaim, ServedDraft, ServedRecord, ServedSeatRecord
from agents_db.store import AgentsDB
from langgym.asking import Attempt
from langgym.drafts import draft_episode
from langgym.memory.recalled import Recalled
from langgym.policies.policy import Decision
from langgym.recorder import Recorder
from langgym.replay import Position
from langgym.runner import Act
from langgym.serving.agents import AGENT, ServedAgents
from universe.card import EnvCard
from universe.catalog import Catalog
from universe.service.contracts import GUEST, Claim, KeptAnswer, Play, SeatDraft, Spot, TableDraft, TableRecord
from universe.text_env import SeatEnd, TextEnv

KIND = "serve"
"""Of a run, in its settings, whose episodes are tables of a service."""
LINGER = 300.0
"""Seconds for which a client may ask for the end of a table after its service has died."""
NOBODY_CAME = "Nobody came: a seat stayed open."
"""Why a table failed in which nothing was played."""
LONGEST_NAME = 24
"""Characters of a guest's name, as other players may read it."""
_SOURCES = frozenset(cast("tuple[str, ...]", get_args(Source)))
_ODD = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """What a player of the house had in mind: goes with its `Play`, and is stored as of any other player."""

    decision: Decision
    recalled: Sequence[Recalled] = ()


@dataclass(slots=True)
class _Table:
    """A table that is played."""

    episode_id: int
    env_id: str
    recorder: Recorder | None = None
    """Made when the first turn is kept: until then it may change who sits where."""


class StoreJournal:
    """Keeps the tables of a service in the store; fulfils `universe.service.contracts.Journal`.

    Decisions of guests are synced to the disk by the system in its own time: the death of the process costs none of
    them, a power cut may cost the last ones. Ends of games and replies of models are synced before they are told.
    """

    def __init__(
        self, db: AgentsDB, run: RunRecord, agents: ServedAgents, *, catalog: Catalog, linger: float = LINGER
    ) -> None:
        """Prepares to keep tables.

        Args:
            db: The store; it belongs to the caller.
            run: Whose episodes new tables are.
            agents: Of the service.
            catalog: Where environments are found.
            linger: Seconds for which a table that was played to its end comes back with those that have not ended.
        """
        self._db = db
        self._linger = linger
        self._run = run
        self._agents = agents
        self._catalog = catalog
        self._lock = threading.Lock()
        self._next = len(db.numbers(run.run_id))
        self._tables: dict[str, _Table] = {}

    @property
    def keeps(self) -> bool:
        """Whether anything survives the process: always."""
        return True

    def find_episode(self, table_id: str) -> EpisodeRecord:
        """Returns the episode of a table that has not ended."""
        return self._db.episode(self._tables[table_id].episode_id)

    def begin(self, draft: TableDraft, env: TextEnv) -> None:
        """Stores an episode and who may play it."""
        with self._lock:
            number, self._next = self._next, self._next + 1
        served = ServedDraft(
            table_id=draft.table_id,
            owner_hash=draft.owner_hash,
            decision_seconds=draft.decision_seconds,
            who=[(seat.seat, seat.who) for seat in draft.seats],
        )
        episode = self._db.begin_served(self._draft_episode(draft, env, number), served)
        self._tables[draft.table_id] = _Table(episode.episode_id, episode.env_id)

    def claim(self, table_id: str, claim: Claim) -> None:
        """Stores who plays a seat, unless it is over; the episode knows it by a plain form of its name."""
        table = self._tables.get(table_id)
        if table is None:
            return
        served = ServedClaim(
            seat=claim.seat,
            name=claim.name,
            player=name_guest(claim.name),
            token_hash=claim.token_hash,
            expires_at=claim.expires_at,
            has_left=claim.left,
        )
        self._db.claim_seat(table.episode_id, served)

    def keep_answer(self, table_id: str, answer: KeptAnswer) -> None:
        """Stores an answer as an attempt without a prompt."""
        draft = _draft_attempt(answer, self._tables[table_id].episode_id)
        self._db.keep_answer(draft, action=answer.action)

    def record(self, table_id: str, spot: Spot, plays: Sequence[Play]) -> None:
        """Stores what is played in a turn, with what every agent had in mind."""
        is_whole = all(play.action is not None for play in plays)  # else the environment does not move
        acts = [_read_play(play) for play in plays] if is_whole else []
        for answer in [answer for play in plays for answer in play.answers]:
            draft = _draft_attempt(answer, self._tables[table_id].episode_id)
            self._db.keep_answer(draft, action=answer.action, held=True)
        self._find_recorder(table_id).on_turn(_read_spot(spot), acts)
        self._db.flush()  # turns that would be played again alike are held back, but these were seen by others

    def end(self, table_id: str, spot: Spot | None, outcome: Mapping[str, SeatEnd], *, fault: str | None) -> None:
        """Stores the end, and has the agents at the table learn from it."""
        recorder = self._find_recorder(table_id)
        if spot is None or not outcome:
            recorder.on_fault(fault or "The environment failed.")
        elif spot.turn == 0 and any(end.reason == "silent" for end in outcome.values()):
            recorder.on_fault(NOBODY_CAME)  # there is nothing to remember of it
        else:
            recorder.on_end(_read_spot(spot), outcome)
        table = self._tables.pop(table_id)
        self._agents.learn(self._db.episode(table.episode_id))

    def unfinished(self) -> list[TableRecord]:
        """Returns the tables that have not ended, and those that have just ended, in the order in which they began.

        Whoever made the last move may not have heard yet that it counts: the service may have died in between. Played
        again to its end, such a table changes nothing in the store.
        """
        return [self._read_table(served) for served in self._db.open_served(linger=self._linger)]

    def close(self) -> None:
        """Closes the runs whose tables have all ended; the store stays open."""
        self._tables.clear()
        close_runs(self._db)

    def _find_recorder(self, table_id: str) -> Recorder:
        table = self._tables[table_id]
        if table.recorder is None:
            card = self._catalog.find(table.env_id)
            table.recorder = self._agents.make_recorder(self._db.episode(table.episode_id), card)
        return table.recorder

    def _draft_episode(self, draft: TableDraft, env: TextEnv, number: int) -> EpisodeDraft:
        return draft_episode(
            env,
            seed=draft.seed,
            options=dict(draft.options),
            run_id=self._run.run_id,
            number=number,
            players=[self._draft_player(env.card, seat) for seat in draft.seats],
        )

    def _draft_player(self, card: EnvCard, seat: SeatDraft) -> PlayerDraft:
        role, team = card.role(seat.seat), card.team(seat.seat)
        agent = self._agents.find(seat.who.removeprefix(AGENT)) if seat.who.startswith(AGENT) else None
        if agent is None:
            return PlayerDraft(seat=seat.seat, role=role, team=team, player=seat.who, agent_id=None, model=None)
        return PlayerDraft(
            seat=seat.seat,
            role=role,
            team=team,
            player=agent.name,
            agent_id=agent.agent_id,
            model=agent.policy_name,
            settings=agent.describe(clock=agent.record.n_participations),
        )

    def _read_table(self, served: ServedRecord) -> TableRecord:
        episode = self._db.episode(served.episode_id)
        self._tables[served.table_id] = _Table(episode.episode_id, episode.env_id)
        actions: dict[int, dict[str, int]] = {}
        for move in self._db.moves(episode.episode_id):
            actions.setdefault(move.turn, {})[move.seat] = move.action
        return TableRecord(
            draft=_read_draft(served, episode),
            claims=tuple(claim for seat in served.seats if (claim := _read_claim(seat)) is not None),
            actions=actions,
            digests={position.turn: position.digest for position in self._db.positions(episode.episode_id)},
            answers=self._read_answers(served, turn=episode.n_turns),
        )

    def _read_answers(self, served: ServedRecord, *, turn: int) -> tuple[KeptAnswer, ...]:
        """Returns the answers of guests in the turn that is under way."""
        played = {seat.seat: seat for seat in served.seats if seat.name is not None}
        found: list[KeptAnswer] = []
        for attempt in self._db.attempts(episode_id=served.episode_id, turn=turn):
            seat = played.get(attempt.seat or "")
            if seat is None or attempt.outcome not in ("ok", "illegal", "unreadable"):
                continue
            is_ok = attempt.outcome == "ok" and seat.answered_turn == turn
            found.append(
                KeptAnswer(
                    seat=seat.seat,
                    turn=turn,
                    ordinal=attempt.ordinal,
                    outcome=attempt.outcome,
                    reply=attempt.reply or "",
                    problem=attempt.problem,
                    action=seat.answered_action if is_ok else None,
                )
            )
        return tuple(found)


def name_guest(name: str) -> str:
    """Returns a guest's name as it is stored with an episode, which agents may read: nobody else's, and plain.

    >>> name_guest("Claude 4!"), name_guest("ada")
    ('guest:claude-4', 'guest:ada')
    """
    plain = _ODD.sub("-", name.lower()).strip("-")[:LONGEST_NAME].strip("-")
    return f"{GUEST}:{plain or 'nameless'}"


def is_served(run: RunRecord) -> bool:
    """Returns whether the episodes of a run are tables of a service."""
    return run.settings.get("kind") == KIND


def close_runs(db: AgentsDB, *, keep: Callable[[RunRecord], bool] = lambda run: False) -> None:
    """Closes the runs of services that have no table left, except those that are kept."""
    for run in db.open_runs():
        if is_served(run) and not keep(run) and "running" not in db.numbers(run.run_id).values():
            db.end_run(run.run_id, "finished")


def _draft_attempt(answer: KeptAnswer, episode_id: int) -> AttemptDraft:
    return AttemptDraft(
        ordinal=answer.ordinal,
        outcome=answer.outcome,
        prompt=(),
        reply=answer.reply,
        problem=answer.problem,
        tokens_in=None,
        tokens_out=None,
        cached_tokens=None,
        milliseconds=0,
        episode_id=episode_id,
        turn=answer.turn,
        seat=answer.seat,
    )


def _read_spot(spot: Spot) -> Position:
    return Position(turn=spot.turn, digest=spot.digest, payments=spot.payments)


def _read_play(play: Play) -> Act:
    if isinstance(play.extra, Thinking):
        return Act(turn=play.turn, decision=play.extra.decision, action=play.action, recalled=play.extra.recalled)
    if play.source not in _SOURCES:
        raise ValueError(f"{play.source!r} is no source of a decision.")
    source = cast("Source", play.source)
    attempts = tuple(
        Attempt(ordinal=answer.ordinal, outcome=answer.outcome, prompt=(), reply=answer.reply, problem=answer.problem)
        for answer in play.answers
    )
    chosen = None if source == "fallback" else play.action
    return Act(turn=play.turn, decision=Decision(action=chosen, source=source, attempts=attempts), action=play.action)


def _read_draft(served: ServedRecord, episode: EpisodeRecord) -> TableDraft:
    return TableDraft(
        table_id=served.table_id,
        env_id=episode.env_id,
        kwargs=dict(episode.kwargs),
        seed=episode.seed,
        options=dict(episode.options),
        max_turns=episode.max_turns,
        seats=tuple(SeatDraft(seat=seat.seat, who=seat.who) for seat in served.seats),
        owner_hash=served.owner_hash,
        decision_seconds=served.decision_seconds,
    )


def _read_claim(seat: ServedSeatRecord) -> Claim | None:
    if seat.name is None or seat.token_hash is None or seat.expires_at is None:
        return None
    return Claim(
        seat=seat.seat,
        name=seat.name,
        token_hash=seat.token_hash,
        expires_at=seat.expires_at,
        left=seat.has_left,
    )
