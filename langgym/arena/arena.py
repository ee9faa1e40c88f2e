"""An arena: opens its entrants, plays what is left of its games, bout by bout, and goes on after any stop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agents_db.records import EpisodeRecord, Json, JsonObject, RunRecord
from langgym.agent import is_embedded
from langgym.arena.entrants import Entrant, Entry, read_entrants
from langgym.arena.games import find_games, find_meetings, read_played
from langgym.arena.plan import ArenaPlan, find_runs
from langgym.arena.schedule import LEGS, Bout, fill_seats, pair_all, pair_swiss
from langgym.arena.table import Table
from langgym.config import Settings, load_settings
from langgym.errors import UsageError
from langgym.hosting import Host, stored_settings
from langgym.lanes import Closing, Lane, play_lanes
from langgym.policies.registry import check_fit
from langgym.runner import Stopped
from langgym.seating import EMBEDDED_TURNS
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.streams import Stream

Watch = Callable[[EpisodeRecord], None]
"""Is told of every game that has ended."""


@dataclass(frozen=True, slots=True)
class _Task:
    """A game that is to be played."""

    card: EnvCard
    bout: Bout
    leg: int


class Arena:
    """Plays the games of an arena; the store knows which have been played."""

    def __init__(self, host: Host, home: Path, plan: ArenaPlan, *, should_stop: Callable[[], bool] = lambda: False):
        """Opens the agents.

        Args:
            host: Opens agents; it belongs to the caller.
            home: The home folder.
            plan: What is to be played.
            should_stop: Is asked at every turn's border.

        Raises:
            UsageError: Somebody cannot enter, or cannot play one of the environments.
            UnknownAgent: There is no such agent.
            AgentOwned: Another process plays it.
        """
        self._db = host.db
        self._plan = plan
        self._should_stop = should_stop
        self._cards = [default_catalog().find(env_id) for env_id in plan.envs]
        entrants = read_entrants(plan.players)
        _check_policies(entrants, self._cards)
        runs = find_runs(host.db, plan.key, n_envs=len(plan.envs))
        kept = _read_moments(runs)
        entries = {each.player: _open_entry(host, home, each, kept, learn=plan.learn) for each in entrants}
        self._moments = {player: entry.moment for player, entry in entries.items() if entry.moment is not None}
        self._runs = {(run.settings["env_id"], _find_leg(run)): run for run in runs}
        self._players = [entrant.player for entrant in entrants]
        embedded = any(entry.agent is not None and is_embedded(entry.agent.policy_name) for entry in entries.values())
        self._table = Table(
            host,
            entries,
            settings=load_settings(home),
            cap=plan.max_turns or (EMBEDDED_TURNS if embedded else None),
            learn=plan.learn,
            should_stop=should_stop,
        )

    @property
    def runs(self) -> list[RunRecord]:
        """The runs that it has begun."""
        return list(self._runs.values())

    def play(self, n_games: int, *, parallel: int = 1, watch: Watch = lambda episode: None) -> None:
        """Plays what is left of `n_games` games: of each pair, or by Swiss of each player, in every environment.

        Args:
            n_games: Even, since seats are swapped.
            parallel: Games under way at once; agents that learn play one after the other.
            watch: Is told of every game that ends now.

        Raises:
            Stopped: The caller asked to stop; another call goes on.
            ModelError: A provider failed.
            BudgetError: A limit was reached.
            ReplayError: An interrupted game cannot be rebuilt.
        """
        for card in self._cards:
            for leg in LEGS:
                self._open_run(card, leg)
        try:
            for number in range(n_games // len(LEGS)):
                tasks = [task for card in self._cards for task in self._draw_round(card, number)]
                _play_round(tasks, self._play_game, parallel=parallel, watch=watch)
        finally:
            for run in self.runs:
                self._db.end_run(run.run_id, "finished")

    def _open_run(self, card: EnvCard, leg: int) -> None:
        if (card.env_id, leg) not in self._runs:
            draft = self._plan.draft_run(card, leg, moments=self._moments)
            self._runs[card.env_id, leg] = self._db.start_run(draft)

    def _draw_round(self, card: EnvCard, number: int) -> list[_Task]:
        """Returns the games of a round in an environment, both legs of each bout one after the other."""
        pairs = pair_all(self._players) if self._plan.schedule == "round-robin" else self._pair_swiss(card, number)
        bouts = [Bout(card.env_id, number * len(pairs) + at, *pair) for at, pair in enumerate(pairs)]
        return [_Task(card, bout, leg) for bout in bouts for leg in LEGS]

    def _pair_swiss(self, card: EnvCard, number: int) -> list[tuple[str, str]]:
        n_before = number * (len(self._players) // 2)
        played = read_played(self._db, [self._runs[card.env_id, leg] for leg in LEGS])
        legs = [leg for leg in played.legs if leg.number < n_before]
        points = dict.fromkeys(self._players, 0.0)
        for game in find_games(legs):
            points[game.first] += game.score
            points[game.second] += 1 - game.score
        met: dict[frozenset[str], int] = {}
        for pair in find_meetings(legs):
            met[pair] = met.get(pair, 0) + 1
        return pair_swiss(points, met, Stream.of(self._plan.seed, "swiss", card.env_id, number))

    def _play_game(self, task: _Task) -> EpisodeRecord | None:
        """Plays a game; `None` where it has been played before."""
        run = self._runs[task.card.env_id, task.leg]
        stored = self._db.find_episode(run.run_id, task.bout.number)
        if stored is not None and stored.status != "running":
            return None
        if self._should_stop():
            raise Stopped("Stopped between two games.")
        return self._table.play(run, task.bout.number, task.card, fill_seats(task.card, task.bout, task.leg))


class _Round:
    """The games of a round, as `langgym.lanes` plays them."""

    def __init__(self, tasks: Sequence[_Task], play: Callable[[_Task], EpisodeRecord | None], watch: Watch) -> None:
        self._tasks = tasks
        self._play = play
        self._watch = watch

    @property
    def n_episodes(self) -> int:
        return len(self._tasks)

    def begin(self, number: int) -> Callable[[], Closing]:
        return partial(self._play_one, self._tasks[number])

    def settle(self) -> None:
        """Nothing is left to do after a game."""

    def _play_one(self, task: _Task) -> Closing:
        return partial(self._tell, self._play(task))

    def _tell(self, episode: EpisodeRecord | None) -> None:
        if episode is not None:
            self._watch(episode)


def _play_round(
    tasks: Sequence[_Task], play: Callable[[_Task], EpisodeRecord | None], *, parallel: int, watch: Watch
) -> None:
    lane = Lane(_Round(tasks, play, watch), window=max(1, 2 * parallel if parallel > 1 else 1))
    play_lanes([lane], threads=parallel)
    if lane.error is not None:
        raise lane.error


def _check_policies(entrants: Sequence[Entrant], cards: Sequence[EnvCard]) -> None:
    for entrant in entrants:
        for card in cards:
            if entrant.agent is None:
                check_fit(entrant.player, card)


def _open_entry(host: Host, home: Path, entrant: Entrant, kept: Mapping[str, JsonObject], *, learn: bool) -> Entry:
    """Returns an entrant with its agent opened, and with the memory that it began the arena with."""
    if entrant.agent is None:
        return Entry(entrant=entrant)
    if learn and entrant.clock is not None:
        raise UsageError(f"{entrant.player!r} is of the past and learns nothing: leave --learn out.")
    record = host.db.agent(entrant.agent)
    if entrant.clock is not None and entrant.clock > record.n_participations:
        raise UsageError(
            f"{entrant.agent} has {record.n_participations} participations; it cannot be {entrant.player}."
        )
    moment = kept.get(entrant.player)
    settings = stored_settings(home, record)
    if moment is not None:
        settings = Settings.model_validate(moment["settings"])
    agent = host.open_agent(entrant.agent, settings)
    if settings.model == "human":
        raise UsageError(f"{entrant.agent} is played by a person, who would learn: no arena takes it.")
    if learn:
        return Entry(entrant=entrant, agent=agent)
    if agent.model is not None and not agent.payer.limits.is_empty:
        raise UsageError(
            f"{entrant.agent} has limits of its own, towards which games that it does not remember do not count: "
            f"lift them by `langgym agents limit {entrant.agent} --none`, or play with --learn."
        )
    return Entry(
        entrant=entrant, agent=agent, moment=moment or _find_moment(host, entrant, settings, record.n_participations)
    )


def _find_moment(host: Host, entrant: Entrant, settings: Settings, clock: int) -> JsonObject:
    """Returns the moment of an agent's memory that it plays with: now, or at the age that was asked for."""
    assert entrant.agent is not None
    now = entrant.clock is None
    event: Json = host.db.last_event(host.db.agent(entrant.agent).agent_id) if now else None
    return {"clock": clock if now else entrant.clock, "event": event, "settings": settings.model_dump(mode="json")}


def _read_moments(runs: Sequence[RunRecord]) -> Mapping[str, JsonObject]:
    """Returns the moments that the runs of an arena were begun with, by player."""
    if not runs:
        return {}
    arena = runs[0].settings["arena"]
    assert isinstance(arena, dict)
    moments = arena["moments"]
    assert isinstance(moments, dict)
    return {player: moment for player, moment in moments.items() if isinstance(moment, dict)}


def _find_leg(run: RunRecord) -> int:
    arena = run.settings["arena"]
    assert isinstance(arena, dict)
    return int(str(arena["leg"]))
