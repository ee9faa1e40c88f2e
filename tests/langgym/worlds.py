"""What tests of play share: a store, a host with a double for a model, and a run."""

import time
from collections.abc import Callable
from pathlib import Path

from agents_db.records import AgentDraft, AttemptRecord, Json
from agents_db.store import AgentsDB
from langgym.config import Settings
from langgym.home import store_path
from langgym.hosting import Host
from langgym.models.doubles import Call, FunctionModel
from langgym.narrator import SilentNarrator
from langgym.plan import Plan
from langgym.play import Report, Session, start_run
from universe.universe import LocalUniverse


class World:
    """A home with a store, and a model double for every agent."""

    def __init__(self, home: Path, model: FunctionModel | None = None) -> None:
        self.home = home
        self.model = model or FunctionModel(answer_by_schema)
        self.db = AgentsDB.open(store_path(home), clock=lambda: 0)
        self.notes: list[str] = []
        self.now: Callable[[], float] = time.monotonic

    def close(self) -> None:
        self.db.close()

    def plan(self, **changes: object) -> Plan:
        settings = {"model": "openai:double", "embedder": "hashed", **changes.pop("settings", {})}  # pyright: ignore
        values: dict[str, object] = {"agent": "ada", "episodes": 1, "settings": Settings(**settings), **changes}
        return Plan(**values)  # pyright: ignore[reportArgumentType]

    def play(
        self,
        plan: Plan,
        *,
        seed: int = 7,
        should_stop: Callable[[], bool] = lambda: False,
        narrator: SilentNarrator | None = None,
    ) -> Report:
        self.ensure(plan.agent)
        return self.go_on(start_run(self.db, plan, seed=seed).run_id, should_stop=should_stop, narrator=narrator)

    def go_on(
        self,
        run_id: int,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        narrator: SilentNarrator | None = None,
        accept_drift: bool = False,
    ) -> Report:
        run = self.db.run(run_id)
        host = Host(self.db, self.home, note=self.notes.append, make_model=lambda settings: self.model, clock=self.now)
        try:
            session = Session(
                host,
                run,
                Plan.read(run.settings),
                universe=LocalUniverse(),
                narrator=narrator or SilentNarrator(),
                should_stop=should_stop,
                accept_drift=accept_drift,
            )
            return session.play()
        finally:
            self.model._closed = False  # the host closes what it opens; the double serves the next host too
            host.close()
            self.model._closed = False

    def ensure(self, name: str, **settings: Json) -> None:
        if self.db.find_agent(name) is None:
            kept = {"embedder": "hashed", **settings}
            self.db.create_agent(AgentDraft(name=name, model="openai:double", settings=kept))

    def transcript(self) -> list[object]:
        """Returns everything that a finished run must have in common with one that was never interrupted."""
        found = self.episodes_text()
        for agent in self.db.agents():
            found.extend(
                (m.memory_id, m.text, m.clock, m.seat, m.outcome)
                for m in reversed(self.db.memories(agent.agent_id, limit=100))
            )
            found.append((agent.name, agent.n_participations, agent.n_decisions, agent.n_fallbacks, agent.tokens_in))
        return found

    def episodes_text(self, run_id: int | None = None) -> list[object]:
        """Returns what was played, asked and recalled in every episode, or in those of a run."""
        found: list[object] = []
        for episode in reversed(self.db.episodes(limit=100)):
            if run_id not in (None, episode.run_id):
                continue
            ident = episode.episode_id
            found.append((episode.env_id, episode.seed, episode.status, episode.reason, episode.n_turns))
            found.extend((part.seat, part.player, part.total, part.result) for part in episode.participations)
            found.extend((step.turn, step.seat, step.name, step.source, step.text) for step in self.db.steps(ident))
            found.extend((place.turn, place.digest, dict(place.payments)) for place in self.db.positions(ident))
            found.extend(sorted(_strip(attempt) for attempt in self.db.attempts(episode_id=ident)))
            found.extend((r.turn, r.seat, r.rank, r.memory_id, r.score) for r in self.db.recalls(ident))
        return found


def _strip(attempt: AttemptRecord) -> tuple[object, ...]:
    prompt = tuple((message.role, message.section, message.text) for message in attempt.prompt)
    return attempt.turn, attempt.seat, attempt.ordinal, attempt.outcome, prompt, attempt.reply


def answer_by_schema(call: Call) -> str:
    """Answers every schema with a choice that depends on the seed alone."""
    import json

    assert call.schema is not None
    properties = call.schema["properties"]
    assert isinstance(properties, dict)
    answer = {}
    for name, schema in properties.items():
        values = schema.get("enum")
        answer[name] = values[(call.seed or 0) % len(values)] if values else "because"
    return json.dumps(answer)
