"""A table of the arena: plays one game through the ordinary runner and stores it, with or without learning from it."""

from collections.abc import Callable, Mapping, Sequence

from agents_db.records import EpisodeDraft, EpisodeRecord, PlayerDraft, RunRecord
from langgym.agent import Agent, AgentPlayer, find_asking
from langgym.arena.entrants import Entry
from langgym.arena.frozen import FrozenRecorder
from langgym.budget import Budget
from langgym.config import Settings
from langgym.drafts import draft_episode
from langgym.errors import EpisodeError, ReplayError
from langgym.guards import Guards
from langgym.hosting import Host
from langgym.limits import Limits
from langgym.policies.registry import PolicyPlace, make_policy
from langgym.provenance import describe_drift, speaks_alike
from langgym.recorder import Desk, Recorder
from langgym.reflecting import Reflecting
from langgym.replay import Past, read_past
from langgym.runner import EpisodeStreams, run_episode
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.errors import EnvFault
from universe.text_env import TextEnv


class Table:
    """Plays games between entrants; safe from any thread where nobody learns."""

    def __init__(
        self,
        host: Host,
        entries: Mapping[str, Entry],
        *,
        settings: Settings,
        cap: int | None,
        learn: bool,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepares to play.

        Args:
            host: Has opened the agents; it belongs to the caller.
            entries: Who may be seated, by player.
            settings: Of policies, and of the guards.
            cap: Turns after which a game ends; `None` for as many as the card allows.
            learn: Whether agents remember the games.
            should_stop: Is asked at every turn's border.
        """
        self._host = host
        self._db = host.db
        self._entries = entries
        self._settings = settings
        self._cap = cap
        self._learn = learn
        self._should_stop = should_stop

    def play(self, run: RunRecord, number: int, card: EnvCard, seats: Mapping[str, str]) -> EpisodeRecord:
        """Plays a game of a run from where it stands, and returns it as it ended.

        Args:
            run: What it belongs to.
            number: Of the game in the run.
            card: Of its environment, in the default variant.
            seats: The player of every seat.

        Raises:
            Stopped: The caller asked to stop; the same call goes on with it.
            ModelError: A provider failed.
            BudgetError: A limit was reached.
            ReplayError: An interrupted game cannot be rebuilt.
        """
        stored = self._db.find_episode(run.run_id, number)
        if stored is not None and stored.status != "running":
            return stored
        env = TextEnv(card, {}, max_turns=self._cap if stored is None else stored.max_turns)
        try:
            episode = stored or self._db.start_episode(self._draft(run, number, env, seats))
            self._play(run, env, episode, resumed=stored is not None)
        finally:
            env.close()
        return self._db.episode(episode.episode_id)

    def _play(self, run: RunRecord, env: TextEnv, episode: EpisodeRecord, *, resumed: bool) -> None:
        agents = self._find_agents(episode)
        budget = Budget(
            self._host.accounts,
            run,
            Limits(),
            agent=str(run.settings["agent"]),
            payers=[agent.payer for agent in agents],
            give_up=self._should_stop,
        )
        recorder = self._make_recorder(env.card, episode, agents)
        players = self._sit_down(env, episode, EpisodeStreams.of(run.seed, episode.number), budget)
        try:
            with budget.playing():
                run_episode(
                    env,
                    players,
                    streams=EpisodeStreams.of(run.seed, episode.number),
                    options=episode.options,
                    observers=[recorder],
                    past=self._past(episode, env.card) if resumed else None,
                    guards=Guards(max_repeats=self._settings.max_repeats, max_misses=self._settings.max_misses),
                    pool=self._host.pool,
                    should_stop=self._should_stop,
                )
        except ReplayError as error:
            raise ReplayError(f"{error} {describe_drift(episode)}", turn=error.turn) from error
        except (EnvFault, EpisodeError) as error:
            recorder.on_fault(str(error))
        finally:
            for player in players.values():
                player.close()
            self._db.add_seconds(run.run_id, budget.take_seconds())
        if self._learn:
            self._settle(agents, budget)

    def _settle(self, agents: Sequence[Agent], budget: Budget) -> None:
        reflecting = Reflecting(
            self._db, default_catalog(), find_model=self._host.find_reflector, find_meter=budget.meter
        )
        for agent in agents:
            agent.settle(reflecting.reflect)

    def _find_agents(self, episode: EpisodeRecord) -> list[Agent]:
        seated = [self._entries[part.player].agent for part in episode.participations]
        return list({agent.agent_id: agent for agent in seated if agent is not None}.values())

    def _make_recorder(
        self, card: EnvCard, episode: EpisodeRecord, agents: Sequence[Agent]
    ) -> "Recorder | FrozenRecorder":
        if not self._learn:
            kept = [part.seat for part in episode.participations if self._entries[part.player].agent is not None]
            return FrozenRecorder(self._db, episode, kept=kept)
        return Recorder(
            self._db,
            episode,
            card,
            recalling=[agent.agent_id for agent in agents if agent.recalls],
            learning=[agent.agent_id for agent in agents if agent.learns],
            reflecting=[agent.agent_id for agent in agents if agent.reflects],
        )

    def _sit_down(
        self, env: TextEnv, episode: EpisodeRecord, streams: EpisodeStreams, budget: Budget
    ) -> dict[str, AgentPlayer]:
        players: dict[str, AgentPlayer] = {}
        for part in episode.participations:
            agent = self._entries[part.player].agent
            if agent is not None:
                meter = budget.meter(agent.agent_id)
                players[part.seat] = agent.sit_down(episode, part.seat, card=env.card, streams=streams, meter=meter)
                continue
            place = PolicyPlace(
                agent=part.player,
                seat=part.seat,
                card=env.card,
                stream=streams.policy(part.seat),
                asking=find_asking(self._settings),
                model=None,
            )
            desk = Desk(self._db, episode, model=part.player)
            players[part.seat] = AgentPlayer(make_policy(part.player, place), None, desk)
        return players

    def _past(self, episode: EpisodeRecord, card: EnvCard) -> Past:
        if not speaks_alike(episode, card):
            raise ReplayError("The texts that this version of LangGym shows are not those of the game.", turn=0)
        return read_past(self._db, episode.episode_id)

    def _draft(self, run: RunRecord, number: int, env: TextEnv, seats: Mapping[str, str]) -> EpisodeDraft:
        players = [self._draft_player(env.card, seat, seats[seat]) for seat in env.seats]
        streams = EpisodeStreams.of(run.seed, number)
        return draft_episode(
            env,
            seed=streams.seed,
            options=env.draw_options(streams.warm_up),
            run_id=run.run_id,
            number=number,
            players=players,
        )

    def _draft_player(self, card: EnvCard, seat: str, player: str) -> PlayerDraft:
        role, team = card.role(seat), card.team(seat)
        entry = self._entries[player]
        agent = entry.agent
        if agent is None:
            return PlayerDraft(seat=seat, role=role, team=team, player=player, agent_id=None, model=None)
        # An episode belongs to the life of those whose ids are stored with it.
        return PlayerDraft(
            seat=seat,
            role=role,
            team=team,
            player=player,
            agent_id=agent.agent_id if self._learn else None,
            model=agent.policy_name,
            settings=entry.describe(clock=agent.record.n_participations),
        )
