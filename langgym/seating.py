"""Who sits where in the episodes of a run."""

from collections.abc import Callable

from agents_db.records import EpisodeRecord, PlayerDraft, RunRecord
from agents_db.standings import Standing
from langgym.agent import AgentPlayer, find_asking, is_embedded
from langgym.config import Settings
from langgym.errors import ReplayError, UsageError
from langgym.hosting import Host
from langgym.plan import Plan
from langgym.policies.registry import LEARNERS, PolicyPlace, check_fit, find_policy, make_policy
from langgym.recorder import Desk, Meter
from langgym.runner import EpisodeStreams
from universe.card import EnvCard
from universe.universe import Env

EMBEDDED_TURNS = 60
"""Turns after which an episode is capped where an embedded model plays and nothing else is said."""


class Seating:
    """Fills the seats of a run's episodes, and sends players to them."""

    def __init__(self, host: Host, run: RunRecord, plan: Plan) -> None:
        """Opens the agents of the plan.

        Raises:
            UnknownAgent: The plan names an agent that does not exist.
            AgentOwned: Another process plays one of them.
            UsageError: Nobody has the name that should fill the other seats.
        """
        names = (plan.settings.rival, plan.settings.mate)
        for who in names:
            if who != "self" and not who.startswith("agent:") and (find_policy(who) is None or who in LEARNERS):
                raise UsageError(f"{who!r} can fill no seat: use random, heuristic, self or agent:NAME.")
        self._db = host.db
        self._run = run
        self._plan = plan
        self.agent = host.open_agent(plan.agent, plan.settings)
        """The run's own."""
        self._others = {
            name: host.open_agent(name.removeprefix("agent:"), self._find_settings(name.removeprefix("agent:")))
            for name in names
            if name.startswith("agent:")
        }
        self.agents = (self.agent, *self._others.values())
        """Every agent that plays in the run, the run's own first."""
        embedded = any(is_embedded(agent.policy_name) for agent in self.agents)
        self.cap = plan.settings.max_turns or (EMBEDDED_TURNS if embedded else None)
        """Turns after which an episode ends; `None` for as many as the card allows."""

    def check_remote(self, card: EnvCard | None) -> None:
        """Raises `UsageError` where somebody cannot play in a universe elsewhere.

        Args:
            card: What is played; `None` where the agent chooses.
        """
        names = {self._plan.settings.rival, self._plan.settings.mate, *(agent.policy_name for agent in self.agents)}
        for name in sorted(names):
            check_fit(name, card, remote=True)

    def fill(self, env: Env, known: Standing, *, n_hidden: int) -> tuple[PlayerDraft, ...]:
        """Returns who sits where in an episode that begins.

        Args:
            env: Its environment.
            known: What the agents know.
            n_hidden: Episodes before it of which nothing is known; seats rotate as if they had counted.
        """
        own = self._find_own_seat(env, known.played.get(env.card.env_id, 0) + n_hidden)
        return tuple(
            self._draft(env, seat, "self" if seat == own else self._find_other(env, seat, own), known)
            for seat in env.seats
        )

    def sit_down(
        self,
        env: Env,
        episode: EpisodeRecord,
        streams: EpisodeStreams,
        *,
        find_meter: Callable[[int], Meter | None],
    ) -> dict[str, AgentPlayer]:
        """Returns the players of an episode by seat; `find_meter` gives what measures an agent's calls, by its id."""
        players: dict[str, AgentPlayer] = {}
        for part in episode.participations:
            if part.agent_id is None:
                players[part.seat] = self._sit_stranger(env, episode, part.seat, part.player, streams)
                continue
            found = [agent for agent in self.agents if agent.agent_id == part.agent_id]
            if not found:
                raise ReplayError(f"The agent {part.player!r} of seat {part.seat!r} does not exist any more.", turn=0)
            meter = find_meter(part.agent_id)
            players[part.seat] = found[0].sit_down(episode, part.seat, card=env.card, streams=streams, meter=meter)
        return players

    def _sit_stranger(
        self, env: Env, episode: EpisodeRecord, seat: str, name: str, streams: EpisodeStreams
    ) -> AgentPlayer:
        place = PolicyPlace(
            agent=name,
            seat=seat,
            card=env.card,
            stream=streams.policy(seat),
            asking=find_asking(self._plan.settings),
            model=None,
        )
        return AgentPlayer(make_policy(name, place), None, Desk(self._db, episode, model=name))

    def _find_settings(self, name: str) -> Settings | None:
        """Returns how another agent has played in this run so far, or `None`: changes count from the next run on."""
        for number in self._db.numbers(self._run.run_id):
            episode = self._db.find_episode(self._run.run_id, number)
            assert episode is not None
            for part in episode.participations:
                if part.agent_id is not None and part.player == name:
                    return Settings.model_validate(part.settings["settings"])
        return None

    def _find_own_seat(self, env: Env, n_played: int) -> str:
        seat = self._plan.seat
        if seat is None:
            return env.seats[n_played % len(env.seats)]
        if seat not in env.seats:
            raise UsageError(f"{env.card.env_id} has no seat {seat!r}; its seats are {', '.join(env.seats)}.")
        return seat

    def _find_other(self, env: Env, seat: str, own: str) -> str:
        team = env.card.team(seat)
        mates = team is not None and team == env.card.team(own)
        return self._plan.settings.mate if mates else self._plan.settings.rival

    def _draft(self, env: Env, seat: str, who: str, known: Standing) -> PlayerDraft:
        role, team = env.card.role(seat), env.card.team(seat)
        agent = self.agent if who == "self" else self._others.get(who)
        if agent is None:
            return PlayerDraft(seat=seat, role=role, team=team, player=who, agent_id=None, model=None)
        return PlayerDraft(
            seat=seat,
            role=role,
            team=team,
            player=agent.name,
            agent_id=agent.agent_id,
            model=agent.policy_name,
            settings=agent.describe(clock=known.clocks[agent.agent_id]),
        )
