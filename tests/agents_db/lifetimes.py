"""A life in which everything happens that a store can hold: what copies of agents must keep."""

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Self

from agents_db.knowledge import EvidenceDraft, MemoryChange, MemoryDraft, MemoryRecord, RecallDraft
from agents_db.records import (
    AgentDraft,
    AgentRecord,
    AttemptClass,
    EpisodeRecord,
    JsonObject,
    MessageText,
    RunDraft,
    StepDraft,
)
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World

HARD = "NUL \0, lone \ud800, \u2028 line, \U0001f40d, \x1b[31m 'quotes' \"double\" \\ ä"
OUTCOMES: tuple[AttemptClass, ...] = ("illegal", "ok")
OWN_TABLES = ("agent", "memory", "memory_event", "embedding", "lived", "env_record", "choice", "participation")


class Lifetime(World):
    """A world in which ada lives a full life, with bob as her rival."""

    def __init__(self, db: AgentsDB) -> None:
        super().__init__(db)
        self.ada = db.change_agent(self.ada.agent_id, settings={"temperature": 0.5, "note": HARD})
        self.bob: AgentRecord = db.create_agent(AgentDraft(name="bob", model="openai:double"))
        self.n_played = 0

    @classmethod
    def resume(cls, db: AgentsDB) -> Self:
        """Goes on in a store where ada and bob are already, in a run of its own."""
        life = cls.__new__(cls)
        life.db, life.ada, life.bob, life.n_played = db, db.agent("ada"), db.agent("bob"), 0
        life.run = db.start_run(RunDraft(seed=2, settings={}, langgym_version="0.1.0", commit=None))
        return life

    def live(self, *, n_turns: int = 2, total: float = 1.0, finished: bool = True) -> EpisodeRecord:
        """Plays an episode against bob with all that can be stored, and learns from it where it is finished."""
        episode = self.begin()
        for turn in range(n_turns):
            self._decide(episode, turn)
        if finished:
            self._learn(episode, total=total)
        self.n_played += 1
        return episode

    def begin(self) -> EpisodeRecord:
        number = self.n_played
        choice = self.db.start_choice(self.draft_choice(number))
        self.db.add_attempt(self.draft_choice_attempt(choice.choice_id))
        self.db.end_choice(choice.choice_id, env_id=f"game/{number % 2}", reason=HARD, source="model")
        draft = self.draft_episode(number, env_id=f"game/{number % 2}", rival=self.bob.agent_id)
        own, other = draft.players
        own = replace(own, settings=self._describe(self.ada))
        other = replace(other, player="bob", model="openai:double", settings=self._describe(self.bob))
        return self.db.start_episode(
            replace(draft, choice_id=choice.choice_id, options={"warm": number}, players=(own, other))
        )

    def _describe(self, agent: AgentRecord) -> JsonObject:
        clock, event = self.db.agent(agent.name).n_participations, self.db.last_event(agent.agent_id)
        return {"policy": HARD, "clock": clock, "event": event}

    def _decide(self, episode: EpisodeRecord, turn: int) -> None:
        known = self.db.memories(self.ada.agent_id, limit=2)
        recalled = tuple(
            RecallDraft(memory_id=memory.memory_id, rank=rank, score=0.1 + rank / 3, parts={"relevance": 1 / 3})
            for rank, memory in enumerate(known, start=1)
        )
        self._ask(episode, turn)
        advice = {"outlook": 0.5, "records": [{"mean": 1.0, "episodes": [memory.episode_id for memory in known]}]}
        own = replace(
            self.draft_step(turn, text=HARD * 20, recalled=recalled),
            facts='{"state": ["a"]}',
            advice=json.dumps(advice),
        )
        rival = StepDraft(
            turn=turn,
            seat="player_2",
            action=1,
            name=HARD,
            source="fallback",
            text="bob saw",
            situation="bob's view",
            thought="bob's thought",
            facts='{"state": ["b"]}',
            advice="bob's advice",
            n_attempts=1,
            first_try_legal=False,
        )
        self.db.record_turn(episode.episode_id, self.draft_position(turn), [own, rival], paid=False)

    def _ask(self, episode: EpisodeRecord, turn: int) -> None:
        """Has ada asked twice, with a call that is lost, and bob once."""
        for ordinal, outcome in enumerate(OUTCOMES):
            prompt = (MessageText(role="user", section="board", text=f"{HARD} {turn}" * 20),)
            attempt = replace(self.draft_attempt(episode, turn), ordinal=ordinal, prompt=prompt, model="scripted")
            self.db.begin_attempt(attempt)
            self.db.add_attempt(replace(attempt, outcome=outcome, reply=HARD, lost_calls=ordinal))
        secret = MessageText(role="user", section="memories", text="bob's own memory")
        theirs = replace(self.draft_attempt(episode, turn), seat="player_2", prompt=(secret,), reply="bob's reply")
        self.db.add_attempt(theirs)

    def _learn(self, episode: EpisodeRecord, *, total: float) -> None:
        episodic = self.draft_memory(episode, text=f"{HARD} {self.n_played}", seed=self.n_played)
        theirs = self.draft_memory(episode, text="bob knows", seed=None)
        theirs = replace(theirs, agent_id=self.bob.agent_id, seat="player_2", role="o")
        end = self.draft_end(episode, episodic, self.draft_strategy(episode), theirs, total=total)
        [told, _, _] = self.db.end_episode(
            replace(end, credits={"player_1": 1}, embed_for=(self.ada.agent_id,)),
        )
        self._supersede(episode, told)
        self.edit(told, f"by hand {self.n_played}")

    def _supersede(self, episode: EpisodeRecord, successor: MemoryRecord) -> None:
        earlier = [memory for memory in self.db.memories(self.ada.agent_id) if memory.episode_id < episode.episode_id]
        if not earlier:
            return
        place = EvidenceDraft(episode_id=episode.episode_id, seat="player_2", turn_from=0, turn_to=0)
        self.db.change_memory(
            MemoryChange(
                memory_id=earlier[-1].memory_id,
                op="supersede",
                fields={"state": "superseded", "superseded_by": successor.memory_id},
                actor="grounded",
                reason=HARD,
                episode_id=episode.episode_id,
                evidence=(place,),
            )
        )

    def edit(self, memory: MemoryRecord, text: str) -> MemoryRecord:
        """Writes a memory anew and pins it."""
        fields = {"text": text, "pinned": True}
        return self.db.change_memory(MemoryChange(memory_id=memory.memory_id, op="edit", fields=fields, actor="hand"))

    def draft_strategy(self, episode: EpisodeRecord) -> MemoryDraft:
        rested = EvidenceDraft(episode_id=episode.episode_id, seat="player_2", turn_from=0, turn_to=1)
        return replace(
            self.draft_memory(episode, text="always b2", seed=100 + episode.episode_id),
            kind="strategy",
            subject="a|b",
            condition=HARD,
            action="b2",
            effect=0.1,
            low=-0.2,
            high=0.7,
            maker="grounded",
            votes=2,
            outcome=math.nan,
            evidence=(rested,),
        )


def make_lifetime(db: AgentsDB, *totals: float) -> Lifetime:
    """Lives as many episodes as there are returns."""
    life = Lifetime(db)
    for total in totals:
        life.live(total=total)
    return life


def read_rows(path: Path, *, agent_id: int) -> dict[str, list[tuple[object, ...]]]:
    """Returns every row that is an agent's own, by table."""
    with closing(sqlite3.connect(path)) as driver:
        query = "SELECT * FROM {} WHERE agent_id = ?"
        rows = {name: driver.execute(query.format(name), (agent_id,)).fetchall() for name in OWN_TABLES}
        proofs = "SELECT v.* FROM evidence v JOIN memory m USING (memory_id) WHERE m.agent_id = ?"
        rows["evidence"] = driver.execute(proofs, (agent_id,)).fetchall()
    return {name: sorted(found, key=repr) for name, found in rows.items()}
