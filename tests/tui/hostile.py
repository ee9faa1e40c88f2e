"""A store in which every text that a model, a rival or a parcel can bring attacks the terminal."""

import json
from dataclasses import replace
from pathlib import Path

from agents_db.keys import clean_text
from agents_db.knowledge import EvidenceDraft, MemoryChange, MemoryDraft, MemoryRecord, RecallDraft
from agents_db.records import (
    AgentDraft,
    ChoiceDraft,
    EpisodeDraft,
    EpisodeRecord,
    Json,
    MessageText,
    PlayerDraft,
    RunDraft,
    StepDraft,
)
from agents_db.store import AgentsDB
from langgym.home import store_path
from tests.agents_db.conftest import DIM, EMBEDDER, World, make_vector

TAG = "[/foo]"
"""Where it is seen as it stands, a screen shows hostile text and takes none of it for markup."""
EVIL = (
    f"{TAG}[@click=app.quit]x[/] [b]\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\"
    "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[31m\x1bP1$r\x1b\\ \x9b2J\x9d0;owned\x9c\x85 \0\x08\x07\x7f\v\f "
    "\u202eturned\u2066\u200f\u061c\u200b\ufeff \udc80\ud800 漢字🐍👩\u200d👩\u200d👧🏽 e\u0301\u0301\u0301 "
    "\u2028\u2029\ttab\r\nnext"
)
CLEAN = clean_text(EVIL)
"""For what no model writes, and the store therefore does not clean: a parcel may bring it all the same."""
LONG = f"{EVIL} {'x' * 2**19}{EVIL}{'漢' * 2**18} {EVIL}"
"""Lines of more than a megabyte in all."""
OFFERED = "classic/tictactoe_v3"
ARENA = f"{TAG} \x1b]0;owned\x07"
"""The key of an arena; none is made like this."""


class HostileWorld(World):
    """Fills a store through its own API: what is found in it has come the way that everything comes."""

    def __init__(self, db: AgentsDB) -> None:
        super().__init__(db)
        settings = {"reflector": EVIL, "base_url": EVIL, EVIL: EVIL}
        self.ada = db.change_agent(self.ada.agent_id, settings=settings)
        self.rival = db.create_agent(AgentDraft(name="eve", model=EVIL, settings={"decide": EVIL}))

    def draft_episode(self, number: int = 0, *, env_id: str = OFFERED, rival: int | None = None) -> EpisodeDraft:
        choice = self.db.start_choice(self.draft_choice(number))
        self.db.add_attempt(replace(self.draft_choice_attempt(choice.choice_id), reply=EVIL, problem=EVIL, model=EVIL))
        self.db.end_choice(choice.choice_id, env_id=env_id, reason=EVIL, source="model")
        draft = super().draft_episode(number, env_id=env_id, rival=rival)
        seats = (
            PlayerDraft(seat="player_1", role="x", team=None, player="ada", agent_id=self.ada.agent_id, model=EVIL),
            PlayerDraft(seat="player_2", role=CLEAN, team=CLEAN, player=CLEAN, agent_id=rival, model=EVIL),
        )
        return replace(
            draft,
            choice_id=choice.choice_id,
            kwargs={},
            options={"warm": EVIL},
            templates=CLEAN,
            packages={EVIL: EVIL},
            langgym_version=CLEAN,
            commit=CLEAN,
            players=seats,
        )

    def draft_choice(self, number: int = 0) -> ChoiceDraft:
        offers: list[Json] = [{"env_id": OFFERED, "line": EVIL}, {"env_id": EVIL}]
        return ChoiceDraft(
            run_id=self.run.run_id, agent_id=self.ada.agent_id, number=number, offered={"offers": offers}
        )

    def decide(self, episode: EpisodeRecord, turn: int, *, text: str = EVIL) -> None:
        """Has the model fail twice, answer, and the rival answer after it."""
        known = self.db.memories(self.ada.agent_id, limit=3)
        recalled = tuple(
            RecallDraft(memory_id=memory.memory_id, rank=rank, score=0.5, parts={EVIL: 0.5, "near": 0.5})
            for rank, memory in enumerate(known, start=1)
        )
        for ordinal, outcome in enumerate(("illegal", "provider_error", "ok")):
            prompt = tuple(
                MessageText(role="user", section=section, text=text) for section in ("board", "memories", EVIL)
            )
            attempt = replace(self.draft_attempt(episode, turn), ordinal=ordinal, prompt=prompt, model=EVIL)
            self.db.add_attempt(replace(attempt, outcome=outcome, reply=text, problem=text))
        option = {"action": 4, "value": 0.5, "evidence": 1.0, "tried": 1, "effect": 0.0, "share": 0.5, "score": 0.5}
        record = {"action": 4, "n": 1, "wins": 1, "draws": 0, "losses": 0, "mean": 1.0, "fact": EVIL, "episodes": [1]}
        own = StepDraft(
            turn=turn,
            seat="player_1",
            action=4,
            name=EVIL,
            source="model",
            text=text,
            situation=text,
            thought=text,
            n_attempts=3,
            first_try_legal=False,
            recalled=recalled,
            facts=_pack({"state": [EVIL], "actions": {"4": [EVIL, "b"], "5": ["b"]}}),
            advice=_pack({"exact": True, "outlook": 0.5, "options": [option], "records": [record]}),
        )
        other = replace(own, seat="player_2", action=5, source="fallback", recalled=(), thought=None)
        self.db.record_turn(episode.episode_id, self.draft_position(turn), [own, other], paid=False)

    def live(self, number: int, *, env_id: str = OFFERED, text: str = EVIL) -> list[MemoryRecord]:
        """Plays an episode to its end and learns from it."""
        episode = self.start(number, env_id=env_id, rival=self.rival.agent_id)
        for turn in range(2):
            self.decide(episode, turn, text=text)
        episodic = self.draft_memory(episode, text=text, seed=number)
        end = self.draft_end(episode, episodic, self.draft_strategy(episode, text), total=1.0)
        return self.db.end_episode(replace(end, reflect_for=(self.ada.agent_id,), embed_for=(self.ada.agent_id,)))

    def compete(self) -> None:
        """Plays both games of a bout of an arena."""
        plan: dict[str, Json] = {
            "key": ARENA,
            "players": ["ada", EVIL],
            "envs": [EVIL],
            "schedule": EVIL,
            "seed": 1,
            "learn": False,
            "zero_sum": True,
        }
        for leg in range(2):
            draft = RunDraft(seed=1, settings={"arena": {**plan, "leg": leg}}, langgym_version=CLEAN, commit=CLEAN)
            run = self.db.start_run(draft)
            episode = self.db.start_episode(
                replace(self.draft_episode(env_id=f"{TAG}/{CLEAN}"), run_id=run.run_id, choice_id=None)
            )
            self.decide(episode, 0)
            self.db.end_episode(self.draft_end(episode))

    def draft_strategy(self, episode: EpisodeRecord, text: str) -> MemoryDraft:
        rested = EvidenceDraft(episode_id=episode.episode_id, seat="player_2", turn_from=0, turn_to=1)
        return replace(
            self.draft_memory(episode, text=text, seed=100 + episode.episode_id),
            kind="strategy",
            subject=f"{episode.episode_id % 2} {EVIL}",
            condition=EVIL,
            action=EVIL,
            effect=0.1,
            low=-0.2,
            high=0.7,
            maker=f"model:{EVIL}",
            trust="other",
            votes=2,
            evidence=(rested,),
        )

    def rewrite(self, memory: MemoryRecord, **fields: bool | float | str | None) -> None:
        """Has a model write a memory anew."""
        self.db.change_memory(
            MemoryChange(memory_id=memory.memory_id, op="edit", fields=fields, actor=f"model:{EVIL}", reason=EVIL)
        )


def _pack(told: object) -> str:
    """Returns JSON as LangGym packs it."""
    return json.dumps(told, ensure_ascii=False)


def fill_home(home: Path) -> None:
    """Makes a store: episodes that ended, one that failed, one that is open and waits for a model."""
    home.mkdir(parents=True, exist_ok=True)
    with AgentsDB.open(store_path(home)) as db:
        world = HostileWorld(db)
        db.register_embedder(EMBEDDER, name=EVIL, dim=DIM, probe_text=EVIL, probe_vector=make_vector(1))
        world.live(0, text=LONG)
        world.live(1, env_id=f"{TAG}/{CLEAN}")
        learned = [memory for number in range(2, 9) for memory in world.live(number)]
        for memory in learned[:4]:
            world.rewrite(memory, text=f"{EVIL} written anew")
        failed = world.start(9, rival=world.rival.agent_id)
        world.decide(failed, 0)
        db.end_episode(replace(world.draft_end(failed, status="failed"), fault=EVIL, reason="fault"))
        jobs = db.claim_jobs(world.ada.agent_id, owner=CLEAN, lease_seconds=60.0)
        db.end_jobs([job.job_id for job in jobs], error=EVIL)
        waiting = world.start(10, rival=world.rival.agent_id)
        world.decide(waiting, 0)
        asked = replace(world.draft_attempt(waiting, 1), outcome="pending", reply=None, model=EVIL, problem=EVIL)
        db.begin_attempt(replace(asked, tokens_in=None, tokens_out=None))
        world.compete()
