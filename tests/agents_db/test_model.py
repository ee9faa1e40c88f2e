"""The store against a dictionary, in any order of creating, playing, killing and deleting."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agents_db.records import AgentDraft, EpisodeDraft, EpisodeRecord
from agents_db.store import AgentsDB
from tests.agents_db.conftest import World

NAMES = st.sampled_from(["ada", "bob"])
NUMBERS = st.integers(0, 3)


class StoreMachine(RuleBasedStateMachine):
    """What the store must say, kept as plain values; a kill goes on with a copy of the files as they lie."""

    @initialize()
    def open_store(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._n_kills = 0
        self._dead: list[AgentsDB] = []
        self.db = AgentsDB.open(Path(self._folder.name) / "0" / "store.db")
        self.world = World(self.db)
        self.agents: dict[str, int] = {"ada": self.world.ada.agent_id}
        self.memories: dict[int, set[str]] = {self.world.ada.agent_id: set()}
        self.episodes: dict[int, tuple[int, str, int]] = {}
        """Of each number: the agent, the status and the turns."""

    @precondition(lambda self: "bob" not in self.agents)
    @rule()
    def create(self) -> None:
        agent = self.db.create_agent(AgentDraft(name="bob", model="m"))
        assert agent.agent_id not in self.memories
        self.agents["bob"] = agent.agent_id
        self.memories[agent.agent_id] = set()

    @rule(name=NAMES, number=NUMBERS)
    def start(self, name: str, number: int) -> None:
        if name not in self.agents:
            return
        self.episodes.setdefault(number, (self.agents[name], "running", 0))
        self.db.start_episode(self._draft(name, number))

    @rule(number=NUMBERS, paid=st.booleans(), twice=st.booleans())
    def record(self, number: int, paid: bool, twice: bool) -> None:
        agent_id, status, n_turns = self.episodes.get(number, (0, "", 0))
        if status != "running":
            return
        self.episodes[number] = (agent_id, status, n_turns + 1)
        for _ in range(1 + twice):
            self.world.play(self._read(number), n_turns, paid=paid)

    @rule(number=NUMBERS, text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5))
    def end(self, number: int, text: str) -> None:
        agent_id, status, n_turns = self.episodes.get(number, (0, "", 0))
        if not status:
            return
        episode = self._read(number)
        memory = self.world.draft_memory(episode, text=text)
        ended = self.world.draft_end(episode, replace(memory, agent_id=agent_id))
        self.db.end_episode(replace(ended, position=self.world.draft_position(n_turns)))
        if status == "running":
            self.episodes[number] = (agent_id, "finished", n_turns)
            self.memories[agent_id].add(text)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        agent_id = self.agents.pop(name, None)
        if agent_id is None:
            return
        self.db.delete_agent(name)
        self.memories[agent_id] = set()
        for number, (owner, status, n_turns) in self.episodes.items():
            if (owner, status) == (agent_id, "running"):
                self.episodes[number] = (owner, "failed", n_turns)

    @rule()
    def kill_and_reopen(self) -> None:
        self._n_kills += 1
        folder = Path(self._folder.name) / str(self._n_kills)
        folder.mkdir()
        for file in self.db.path.parent.glob("store.db*"):
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "store.db-shm").unlink(missing_ok=True)
        self._dead.append(self.db)
        self.db = self.world.db = AgentsDB.open(folder / "store.db")

    @invariant()
    def agrees(self) -> None:
        assert {agent.name: agent.agent_id for agent in self.db.agents()} == self.agents
        for name, agent_id in self.agents.items():
            agent = self.db.agent(name)
            own = [episode for episode in self.episodes.values() if episode[0] == agent_id]
            assert agent.n_decisions == sum(n_turns for *_, n_turns in own)
            assert agent.n_participations == sum(status == "finished" for _, status, _ in own)
            assert agent.n_memories == len(self.db.memories(agent_id))
        for agent_id, texts in self.memories.items():
            assert {memory.text for memory in self.db.memories(agent_id)} == texts
        stored = {episode.number: episode for episode in self.db.episodes()}
        assert stored.keys() == self.episodes.keys()
        for number, (agent_id, status, n_turns) in self.episodes.items():
            episode = stored[number]
            part = episode.participations[0]
            assert (part.agent_id, episode.status, episode.n_turns) == (agent_id, status, n_turns)
            assert part.n_decisions == n_turns
            assert [step.turn for step in self.db.steps(episode.episode_id)] == list(range(n_turns))
        assert [finding for finding in self.db.check() if finding.severity == "problem"] == []

    def teardown(self) -> None:
        for db in [*self._dead, self.db]:
            db.close()
        self._folder.cleanup()

    def _read(self, number: int) -> EpisodeRecord:
        episode = self.db.find_episode(self.world.run.run_id, number)
        assert episode is not None
        return episode

    def _draft(self, name: str, number: int) -> EpisodeDraft:
        draft = self.world.draft_episode(number)
        own, other = draft.players
        return replace(draft, players=(replace(own, player=name, agent_id=self.agents[name]), other))


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
