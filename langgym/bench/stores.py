"""Generated stores of any size for benches of reading: the real schema, filled in bulk and never played.

Every counter agrees with what it counts, so that `langgym db check` finds no problem. Every fifth agent asks a model
and has attempts and recalls for all of its decisions; the others choose by experience. A few per cent of episodes
failed or are unfinished, and a few per cent of what is asked ends in a fallback.
"""

import json
import random
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

from agents_db.embed import HashedEmbedder
from agents_db.keys import make_key, pack_json
from agents_db.store import AgentsDB
from agents_db.vectors import pack_vector
from langgym import __version__
from langgym.bench import store_rows as rows
from langgym.bench.store_rows import (
    BEGIN,
    GAP,
    N_BOARDS,
    N_OPEN,
    N_SITUATIONS,
    N_THOUGHTS,
    PACE,
    PER_BATCH,
    PER_RUN,
    WORDS,
    MadeAgent,
    MadeMemory,
    MadePlay,
    MadeSeat,
    TextPools,
    WaitingRows,
)
from langgym.config import Settings
from langgym.errors import UsageError
from langgym.plan import Plan
from langgym.prompts import templates_hash
from universe.catalog import default_catalog

MODEL = "local:smollm2"
NAMES = ("ada", "bea", "cleo", "dora", "edda", "finn", "gus", "hal", "iris", "jo")
PARTS = '{"near":0.5,"recent":0.25,"important":0.5}'
PACKAGES = '{"pettingzoo":"1.27.0"}'


def make_store(
    path: Path,
    *,
    episodes: int = 100_000,
    steps_each: int = 10,
    memories: int = 10_000,
    agents: int = 50,
    seed: int = 0,
) -> None:
    """Makes a store of an even number of episodes with so many steps each on average; the same call, the same rows.

    Raises:
        UsageError: Something is there already.
    """
    if path.exists():
        raise UsageError(f"{str(path)!r} is there already; name a file that is not.")
    AgentsDB.open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as driver:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536", "temp_store=MEMORY"):
            driver.execute(f"PRAGMA {pragma}")
        driver.execute("BEGIN")
        _Generator(driver, n_agents=agents, n_episodes=episodes, n_memories=memories, seed=seed).fill(steps_each)
        driver.execute("COMMIT")
        driver.execute("PRAGMA journal_mode=WAL")


class _Generator:
    """Fills a store, episode by episode, in the order of time."""

    def __init__(
        self, driver: sqlite3.Connection, *, n_agents: int, n_episodes: int, n_memories: int, seed: int
    ) -> None:
        self._draw = random.Random(seed)
        self._waiting, self._texts = WaitingRows(driver), TextPools(self._draw)
        self._n_episodes, self._n_memories = n_episodes, n_memories
        self._cards = [card for card in default_catalog() if len(card.seats) == 2]
        self._agents = [_make_agent(number) for number in range(n_agents)]
        self._weights = [1 / (number + 1) ** 0.5 for number in range(n_agents)]
        self._memories: list[MadeMemory] = []
        self._spent: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        self._lead = self._agents[0]
        self._n_players = self._n_choices = self._shift = 0

    def fill(self, steps_each: int) -> None:
        """Writes every row."""
        self._make_pools()
        for episode_id in range(1, self._n_episodes + 1):
            play = self._begin(episode_id, steps_each)
            self._play(play)
            self._end(play)
            self._remember(play)
            if episode_id % PER_RUN == 0 or episode_id == self._n_episodes:
                self._add_run(play)
            if episode_id % PER_BATCH == 0:
                self._waiting.flush()
        self._add_memories()
        self._add_agents()
        self._waiting[rows.TEXT].extend(self._texts.rows)
        self._waiting.flush()

    def _make_pools(self) -> None:
        texts = self._texts
        self._boards = {card.env_id: texts.make_boards(card) for card in self._cards}
        self._rules = {card.env_id: texts.add(f"RULES\n{card.rules}") for card in self._cards}
        self._situations = texts.make_pool(N_SITUATIONS, "situation", 5)
        self._thoughts = texts.make_pool(N_THOUGHTS, "thought", 12)
        self._shown = texts.make_pool(N_THOUGHTS, "FROM EARLIER EPISODES\n- memory", 30)
        self._menus = texts.make_pool(N_SITUATIONS, "LEGAL\n", 20)
        self._replies = [texts.add(json.dumps({"action": word})) for word in WORDS]
        self._advice = [texts.add(_write_advice(self._draw)) for _ in range(N_SITUATIONS)]
        self._variants = {card.env_id: number for number, card in enumerate(self._cards, 1)}
        for env_id, number in self._variants.items():
            self._waiting[rows.VARIANT].append((number, make_key("variant", env_id, "{}"), env_id, "{}"))

    def _begin(self, episode_id: int, steps_each: int) -> MadePlay:
        draw = self._draw
        if episode_id % PER_RUN == 1:
            [self._lead] = draw.choices(self._agents, self._weights)
        card = draw.choice(self._cards)
        self._shift = draw.randrange(steps_each) if episode_id % 2 else -self._shift  # two by two they are right
        chance = draw.random()
        status = "failed" if chance < 0.02 else "running" if chance < 0.025 else "finished"
        rival = draw.choice(self._agents) if draw.random() < 0.3 else None
        players = [rival if rival is not self._lead else None, self._lead]
        own = episode_id // 2 % 2
        seats = [MadeSeat(seat, card.role(seat), players[place == own]) for place, seat in enumerate(card.seats)]
        return MadePlay(
            episode_id=episode_id,
            card=card,
            status="running" if episode_id > self._n_episodes - N_OPEN else status,
            n_turns=steps_each + self._shift,
            seats=(seats[0], seats[1]),
        )

    def _play(self, play: MadePlay) -> None:
        draw, steps, positions = self._draw, self._waiting[rows.STEP], self._waiting[rows.POSITION]
        boards, episode_id = self._boards[play.card.env_id], play.episode_id
        for turn in range(play.n_turns):
            seat = play.seats[turn % 2]
            seat.n, seat.last = seat.n + 1, turn
            seat.first = turn if seat.first is None else seat.first
            word = draw.randrange(len(WORDS))
            place, now = (episode_id, turn, seat.name, word, WORDS[word]), play.started + PACE * turn
            positions.append((episode_id, turn, b"%016d" % draw.randrange(10**15), "{}"))
            seen = (boards[draw.randrange(N_BOARDS)], self._situations[word])
            if seat.agent is not None and seat.agent.asks:
                steps.append(self._ask(play, seat, place, seen))
                continue
            seat.legal += 1
            if seat.agent is None:
                steps.append((*place, "random", None, None, None, 0, True, now, None))
            else:
                steps.append((*place, "experience", *seen, None, 0, True, now, None))

    def _ask(
        self, play: MadePlay, seat: MadeSeat, place: tuple[int, int, str, int, str], seen: tuple[int, int]
    ) -> tuple[object, ...]:
        """Adds the attempts and recalls of a decision and returns its step."""
        draw, agent, word = self._draw, seat.agent, place[3]
        assert agent is not None
        now, chance = play.started + PACE * place[1], draw.random()
        n_tries = 3 if chance < 0.03 else 2 if chance < 0.08 else 1
        messages = [("system", "rules", self._rules[play.card.env_id])]
        if agent.known:
            messages.append(("user", "memories", draw.choice(self._shown)))
            self._recall(play, seat, place[1])
        messages += [("user", "board", seen[0]), ("user", "menu", self._menus[word])]
        for ordinal in range(n_tries):
            outcome, problem = ("illegal", "That is no legal action.") if ordinal < n_tries - 1 else ("ok", None)
            if n_tries == 3:
                outcome, problem = "illegal", "That is no legal action."
            n_in, n_out, took = 400 + 20 * ordinal, 8 + word % 5, 200 + 7 * word
            asked = (ordinal, outcome, json.dumps(messages, separators=(",", ":")), self._replies[word], problem)
            self._waiting[rows.ATTEMPT].append((*place[:3], *asked, n_in, n_out, took, now, MODEL, n_in, 16))
            messages = [*messages, ("assistant", "reply", self._replies[word]), ("user", "retry", self._menus[0])]
            spent = {"calls": 1, "in": n_in, "out": n_out, "took": took}
            self._spent[play.run_id, agent.agent_id].update(spent)
            agent.tokens.update(spent)
        source = "fallback" if n_tries == 3 else "advised" if word % 2 else "model"
        seat.fallbacks += n_tries == 3
        seat.legal += n_tries == 1
        advice = self._advice[word] if source == "advised" else None
        return (*place, source, *seen, draw.choice(self._thoughts), n_tries, n_tries == 1, now, advice)

    def _recall(self, play: MadePlay, seat: MadeSeat, turn: int) -> None:
        assert seat.agent is not None
        recent = seat.agent.known[-30:]
        credit = None if play.status == "running" else play.episode_id % 3 - 1
        for rank, memory in enumerate(self._draw.sample(recent, min(self._draw.randrange(3), len(recent))), 1):
            row = (play.episode_id, turn, seat.name, memory.memory_id, rank, 0.9 / rank, PARTS, credit)
            self._waiting[rows.RECALL].append(row)
            memory.n_recalled += 1
            if memory.memory_id not in seat.shown:
                seat.shown.add(memory.memory_id)
                memory.n_helped += credit == 1
                memory.n_hurt += credit == -1

    def _end(self, play: MadePlay) -> None:
        """Adds the episode and its seats; a game that is won and lost is paid at its end, any other by the turn."""
        draw, ended = self._draw, play.ended
        score = draw.choice((1.0, 1.0, 0.0, -1.0)) if play.card.results else round(draw.gauss(0, 2), 2)
        if play.status != "running":
            paid = {seat.name: total for seat, total in zip(play.seats, (score, -score), strict=True)}
            payments = pack_json(paid) if score else "{}"
            self._waiting[rows.POSITION].append((play.episode_id, play.n_turns, b"%016d" % 0, payments))
        reason = {"running": None, "failed": "fault"}.get(play.status, "capped" if score > 2 else "natural")
        fault = "The engine stopped: no such piece." if play.status == "failed" else None
        choice_id = self._choose(play) if play.episode_id % 10 == 0 else None
        place = (play.episode_id, play.key, play.run_id, (play.episode_id - 1) % PER_RUN, choice_id)
        variant = (self._variants[play.card.env_id], play.card.env_id)
        made = (play.card.text_version, play.card.situation_version, play.episode_id, None, templates_hash(), PACKAGES)
        state = (__version__, play.status, reason, fault, False, play.n_turns, play.started, ended)
        self._waiting[rows.EPISODE].append((*place, *variant, *made, *state))
        for position, (seat, total) in enumerate(zip(play.seats, (score, -score), strict=True)):
            seat.total = total
            self._end_seat(play, seat, position=position, reason=reason)

    def _end_seat(self, play: MadePlay, seat: MadeSeat, *, position: int, reason: str | None) -> None:
        self._n_players += 1
        agent, over = seat.agent, play.ended is not None
        result = {1.0: "win", -1.0: "loss"}.get(seat.total, "draw") if play.card.results and over else None
        key = make_key("participation", play.key, seat.name)
        model = None if agent is None else MODEL if agent.asks else "experience"
        settings = "{}" if agent is None else f'{{"settings":{agent.settings},"clock":{agent.clock},"event":0}}'
        who = ("random", None) if agent is None else (agent.name, agent.agent_id)
        place = (self._n_players, key, play.episode_id, position, seat.name, seat.role, *who, model, settings)
        total = seat.total if over else None
        counts = (seat.n, seat.fallbacks, seat.legal)
        self._waiting[rows.PARTICIPATION].append((*place, *counts, total, result, reason))
        if agent is None:
            return
        agent.decisions += seat.n
        agent.fallbacks += seat.fallbacks
        agent.last_played = play.ended or play.started
        if play.status == "finished":
            agent.clock += 1
            agent.lived = [*agent.lived[-3:], (play.episode_id, seat.name)]
            self._waiting[rows.LIVED].append((agent.agent_id, self._n_players, agent.clock))
            _count_record(agent, play, seat, result)

    def _choose(self, play: MadePlay) -> int:
        self._n_choices += 1
        offers = [
            {"env_id": card.env_id, "line": card.summary, "played": 3, "mean_total": 0.5, "seconds": 5.0}
            for card in (play.card, *self._draw.sample(self._cards, 3))
        ]
        reason = f"I want to know more of {play.card.title}: {self._texts.write(6)}."
        key = make_key("choice", self._n_choices)
        place = (self._n_choices, key, play.run_id, self._lead.agent_id, (play.episode_id - 1) % PER_RUN)
        source = "model" if self._lead.asks else "experience"
        chosen = (pack_json({"offers": offers}), play.card.env_id, reason, source, play.started)
        self._waiting[rows.CHOICE].append((*place, *chosen))
        return self._n_choices

    def _add_run(self, last: MadePlay) -> None:
        plan = Plan(agent=self._lead.name, episodes=PER_RUN, settings=Settings()).describe()
        begun, n_episodes = BEGIN + GAP * ((last.run_id - 1) * PER_RUN + 1), (last.episode_id - 1) % PER_RUN + 1
        seconds = n_episodes * GAP / 1e6
        state = ("running", begun, None) if last.status == "running" else ("finished", begun, last.ended)
        key = make_key("run", last.run_id)
        self._waiting[rows.RUN].append((last.run_id, key, last.run_id, pack_json(plan), __version__, *state, seconds))

    def _remember(self, play: MadePlay) -> None:
        """Makes as many memories of a finished episode as are due by now."""
        early = self._n_episodes // 50  # the last ones may not be finished
        due = self._n_memories * min(play.episode_id + early, self._n_episodes) // self._n_episodes
        for seat in play.seats:
            if seat.agent is self._lead and play.status == "finished":
                for _ in range(due - len(self._memories)):
                    self._add_memory(play, seat, self._lead)

    def _add_memory(self, play: MadePlay, seat: MadeSeat, agent: MadeAgent) -> None:
        draw, memory_id, ended = self._draw, len(self._memories) + 1, play.ended
        assert ended is not None
        kind = "habit" if memory_id % 50 == 0 else "strategy" if memory_id % 8 == 0 else "episodic"
        subject = (draw.choice(WORDS[:6]), draw.choice(WORDS[6:12])) if kind == "strategy" else None
        told = f"{play.card.title} as {seat.name}. It ended with return {seat.total:+.2f}. {self._texts.write(25)}."
        text = (
            told if subject is None else f"In {play.card.title}, when {subject[0]}: {subject[1]}. Memory {memory_id}."
        )
        memory = MadeMemory(
            memory_id=memory_id,
            owner=agent,
            kind=kind,
            text=text,
            env_id=play.card.env_id,
            seat=seat,
            episode_id=play.episode_id,
            turns=(seat.first, seat.last),
            outcome=seat.total,
            clock=agent.clock,
            created_at=ended,
            subject=subject,
        )
        self._memories.append(memory)
        agent.known.append(memory)
        if subject is not None:
            self._supersede(agent.holding.get((play.card.env_id, subject)), memory)
            agent.holding[play.card.env_id, subject] = memory
            for episode_id, name in agent.lived:
                if episode_id != play.episode_id:
                    self._waiting[rows.EVIDENCE].append((memory_id, episode_id, name, None, None, "supports"))

    def _supersede(self, old: MadeMemory | None, new: MadeMemory) -> None:
        if old is not None:
            old.superseded_by = new.memory_id
            old.owner.known.remove(old)
            key, before = make_key("event", old.memory_id), '{"state":"active","superseded_by":null}'
            after = pack_json({"state": "superseded", "superseded_by": new.memory_id})
            change = (key, old.memory_id, old.owner.agent_id, new.clock, "supersede", "grounded", "counted anew")
            self._waiting[rows.EVENT].append((*change, before, after, new.episode_id, new.created_at))

    def _add_memories(self) -> None:
        embedder = HashedEmbedder()
        probe = pack_vector(embedder.embed(["probe"])[0])
        made = (1, embedder.fingerprint, embedder.name, embedder.dim, "probe", probe)
        self._waiting[rows.EMBEDDER].append(made)
        for memory in self._memories:
            self._waiting[rows.MEMORY].append(_fill_memory(memory))
            own = (memory.memory_id, memory.episode_id, memory.seat.name, *memory.turns, "source")
            self._waiting[rows.EVIDENCE].append(own)
            vector, owner_id = pack_vector(embedder.embed([memory.text])[0]), memory.owner.agent_id
            self._waiting[rows.EMBEDDING].append((owner_id, 1, memory.memory_id, vector))
            self._waiting[rows.OUTBOX].append((owner_id, memory.memory_id))

    def _add_agents(self) -> None:
        for agent in self._agents:
            model = MODEL if agent.asks else "experience"
            made = (agent.agent_id, make_key("agent", agent.name), agent.name, model, agent.settings, BEGIN)
            played = (agent.last_played, agent.clock, agent.decisions, agent.fallbacks, len(agent.known))
            tokens = (agent.tokens["in"], agent.tokens["out"])
            self._waiting[rows.AGENT].append((*made, *played, *tokens, len(agent.known)))
            for env_id, record in agent.records.items():
                self._waiting[rows.RECORD].append((agent.agent_id, env_id, *record))
        for place, spent in self._spent.items():
            sums = (spent["calls"], spent["in"], spent["out"], 0, spent["took"])
            self._waiting[rows.SPENDING].append((*place, MODEL, *sums, 0, 0, 0))


def _make_agent(number: int) -> MadeAgent:
    round_, place = divmod(number, len(NAMES))
    name = NAMES[place] + (f"-{round_ + 1}" if round_ else "")
    asks = number % 5 == 0
    settings = Settings(model=MODEL if asks else "experience")
    return MadeAgent(number + 1, name, asks, pack_json(settings.model_dump(mode="json")))


def _count_record(agent: MadeAgent, play: MadePlay, seat: MadeSeat, result: str | None) -> None:
    known = agent.records.setdefault(play.card.env_id, [0, 0.0, seat.total, 0.0, 0, 0, 0, 0, 0.0])
    wins = [result == name for name in ("win", "draw", "loss")]
    added = (1, seat.total, 0.0, 0.0, *wins, play.n_turns, PACE * play.n_turns / 1e6)
    record = [old + new for old, new in zip(known, added, strict=True)]
    record[2], record[3] = max(known[2], seat.total), seat.total
    agent.records[play.card.env_id] = record


def _fill_memory(memory: MadeMemory) -> tuple[object, ...]:
    """Returns a memory's row."""
    key = make_key("memory", memory.memory_id)
    condition, action = memory.subject or (None, None)
    subject = None if memory.subject is None else " / ".join(memory.subject)
    effect = None if memory.subject is None else round((memory.memory_id % 41 - 20) / 20, 2)
    bounds = (None, None) if effect is None else (effect - 0.3, effect + 0.3)
    text = (memory.text, memory.text.casefold(), False)
    place = (memory.env_id, memory.seat.role, memory.episode_id, memory.seat.name, *memory.turns, memory.outcome)
    state = "active" if memory.superseded_by is None else "superseded"
    weight = (round(memory.memory_id % 10 / 10, 1), memory.clock, memory.n_recalled, state, memory.created_at)
    maker = "template" if memory.kind == "episodic" else "grounded"
    claim = (subject, condition, action, effect, *bounds, maker, memory.memory_id % 4)
    use = (memory.n_helped, memory.n_hurt, memory.memory_id % 97 == 0, int(state != "active"), memory.superseded_by)
    return (memory.memory_id, key, memory.owner.agent_id, memory.kind, *text, *place, *weight, *claim, *use)


def _write_advice(draw: random.Random) -> str:
    """Returns what experience said before a decision, as it is stored."""
    options = [
        {"action": action, "value": draw.random(), "evidence": 3.0, "tried": draw.randrange(9), "effect": 0.1}
        | {"share": 0.25, "score": draw.random()}
        for action in range(4)
    ]
    told = {"action": 1, "n": 4, "wins": 2, "draws": 1, "losses": 1, "mean": 0.25, "fact": "centre", "episodes": [1, 2]}
    return json.dumps({"exact": False, "outlook": 0.25, "options": options, "records": [told]})
