"""What tests of recall share: a store with agents in it, and what they know."""

import random
from collections.abc import Sequence
from pathlib import Path

from agents_db.embed import HashedEmbedder
from agents_db.exact import ExactIndex
from agents_db.knowledge import AsOf, MemoryChange, MemoryDraft, MemoryRecord
from agents_db.records import AgentDraft, AgentRecord, EpisodeDraft, PlayerDraft, RunDraft
from agents_db.store import AgentsDB
from langgym.memory.recall import Index, MemoryShelf, Recall, RecallSettings
from langgym.memory.recalled import Recalled
from universe.catalog import default_catalog
from universe.text_env import TextEnv, Turn

CARD = default_catalog().find("tictactoe")
CHESS = "classic/chess_v6"
EMBEDDER = HashedEmbedder()
MARK = EMBEDDER.fingerprint
WORDS = ("corner", "centre", "edge", "fork", "block", "trap", "opening", "draw", "blunder", "tempo", "swap", "guard")


class Life:
    """A store with agents and what they know; `clock` is everybody's."""

    def __init__(self, folder: Path) -> None:
        self.db = AgentsDB.open(folder / "store.db")
        self.clock = 10
        self.agents: dict[str, AgentRecord] = {}
        self._episodes: dict[str, int] = {}
        self._run = self.db.start_run(RunDraft(seed=1, settings={}, langgym_version="0", commit=None))
        self._n = 0

    def add(self, text: str, *, of: str = "ada", embedded: bool = True, **fields: object) -> MemoryRecord:
        """Stores a memory of tic-tac-toe, an episodic one of now where nothing else is said."""
        agent_id = self._find(of)
        self._n += 1
        values: dict[str, object] = {
            **{"agent_id": agent_id, "kind": "episodic", "text": text, "env_id": CARD.env_id, "role": "player"},
            **{"episode_id": self._episodes[of], "seat": "player_1", "turn_from": self._n, "turn_to": self._n},
            **{"outcome": 1.0, "importance": 0.5, "clock": self.clock},
            **({"vector": EMBEDDER.embed([text])[0], "embedder": MARK} if embedded else {}),
            **fields,
        }
        return self.db.add_memories([MemoryDraft(**values)])[0]  # pyright: ignore[reportArgumentType]

    def change(self, memory: MemoryRecord, op: str, **fields: object) -> None:
        change = MemoryChange(memory_id=memory.memory_id, op=op, fields=fields, actor="hand", clock=self.clock)  # pyright: ignore
        self.db.change_memory(change)

    def now(self, of: str = "ada") -> AsOf:
        return AsOf(clock=self.clock, event_id=self.db.last_event(self._find(of)))

    def recall(
        self,
        *,
        of: str = "ada",
        as_of: AsOf | None = None,
        index: Index | None = None,
        shelf: MemoryShelf | None = None,
        rivals: Sequence[str] = (),
        embedder: HashedEmbedder = EMBEDDER,
        **limits: int,
    ) -> Recall:
        agent_id = self._find(of)
        return Recall(
            shelf or MemoryShelf(self.db, agent_id),
            index or ExactIndex(self.db, agent_id, embedder=MARK),
            embedder,
            card=CARD,
            role="player",
            as_of=as_of or self.now(of),
            settings=RecallSettings(**limits),
            rivals=rivals,
        )

    def _find(self, name: str) -> int:
        if name not in self.agents:
            self.agents[name] = self.db.create_agent(AgentDraft(name=name, model="scripted"))
            self._episodes[name] = self._begin(name)
        return self.agents[name].agent_id

    def _begin(self, name: str) -> int:
        player = PlayerDraft(
            seat="player_1", role="player", team=None, player=name, agent_id=self.agents[name].agent_id, model="x"
        )
        draft = EpisodeDraft(
            **{"run_id": self._run.run_id, "number": len(self._episodes), "choice_id": None, "env_id": CARD.env_id},
            **{"kwargs": {}, "text_version": 1, "situation_version": 1, "seed": 1, "max_turns": None},
            **{"templates": "t", "packages": {}, "langgym_version": "0", "commit": None, "players": (player,)},
        )
        return self.db.start_episode(draft).episode_id


def find_turns(n: int = 1) -> list[Turn]:
    env, turns = TextEnv(CARD), list[Turn]()
    env.reset(1)
    for action in (4, 0, 8, 2, 1, 7)[:n]:
        [turn] = env.turns()
        assert turn.situation
        turns.append(turn)
        env.play({turn.seat: action})
    return turns


def ids(recalled: Sequence[Recalled]) -> list[int]:
    return [memory.memory_id for memory in recalled]


def spread(n: int, *, seed: int = 0) -> list[str]:
    """Returns texts that are about the game and unlike each other."""
    draw = random.Random(seed)
    return [f"Tic-tac-toe: {' '.join(draw.choices(WORDS, k=6))} {number}." for number in range(n)]


TURN = find_turns()[0]
