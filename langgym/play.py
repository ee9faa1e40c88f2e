"""A run: an agent chooses environments, plays its episodes, remembers them; begun here and gone on with here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agents_db.records import (
    ChoiceDraft,
    ChoiceRecord,
    EpisodeDraft,
    EpisodeRecord,
    Json,
    PlayerDraft,
    RunDraft,
    RunRecord,
)
from agents_db.store import AgentsDB
from langgym import __version__
from langgym.agent import AgentPlayer, find_asking, is_embedded
from langgym.choosing import Chosen, Offer, choose_at_random, choose_by_model, make_menu, make_offers, read_offers
from langgym.config import Settings
from langgym.errors import ReplayError, UsageError
from langgym.hosting import Host
from langgym.narrator import Narrator
from langgym.plan import Plan
from langgym.policies.registry import PolicyPlace, find_policy, make_policy
from langgym.prompts import templates_hash
from langgym.provenance import describe_drift, find_commit, find_packages, speaks_alike
from langgym.recorder import ChoiceLedger, Recorder
from langgym.runner import Act, EpisodeStreams, Past, Position, Stopped, run_episode
from universe.card import EnvCard
from universe.catalog import Catalog
from universe.errors import EnvFault
from universe.streams import Stream
from universe.text_env import SeatEnd, TextEnv

EMBEDDED_TURNS = 60
"""Turns after which an episode is capped where an embedded model plays and nothing else is said."""


@dataclass(slots=True)
class Report:
    """What came of a run."""

    run_id: int
    finished: list[int] = field(default_factory=list)
    """Ids of the episodes that were finished by this invocation."""
    failed: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """Tells two observers in turn: first the one that stores, then the one that talks."""

    recorder: Recorder
    narrator: Narrator

    def on_turn(self, position: Position, acts: Sequence[Act]) -> None:
        self.recorder.on_turn(position, acts)
        self.narrator.on_turn(position, acts)

    def on_end(self, position: Position, outcome: Mapping[str, SeatEnd]) -> None:
        self.recorder.on_end(position, outcome)
        self.narrator.on_end(position, outcome)


class Session:
    """Plays what is left of one run; playing and resuming are the same loop over its numbered episodes."""

    def __init__(
        self,
        host: Host,
        run: RunRecord,
        plan: Plan,
        *,
        catalog: Catalog,
        narrator: Narrator,
        should_stop: Callable[[], bool] = lambda: False,
        accept_drift: bool = False,
    ) -> None:
        """Opens the agents of the plan.

        Args:
            host: Opens agents; it belongs to the caller.
            run: The run, stored already.
            plan: What the run is to do.
            catalog: What can be played.
            narrator: Is told how it goes.
            should_stop: Is asked at every turn's border.
            accept_drift: Goes on with an episode whose replay differs, and marks it.

        Raises:
            UnknownAgent: The plan names an agent that does not exist.
            AgentOwned: Another process plays one of them.
            UsageError: Nobody has the name that should fill the other seats.
        """
        for who in (plan.settings.rival, plan.settings.mate):
            if who != "self" and not who.startswith("agent:") and find_policy(who) is None:
                raise UsageError(f"{who!r} can fill no seat: use random, self or agent:NAME.")
        self._host = host
        self._db = host.db
        self._run = run
        self._plan = plan
        self._catalog = catalog
        self._narrator = narrator
        self._should_stop = should_stop
        self._accept_drift = accept_drift
        self._agent = host.open_agent(plan.agent, plan.settings)
        self._others = {
            name: host.open_agent(name.removeprefix("agent:"), self._find_settings(name.removeprefix("agent:")))
            for name in (plan.settings.rival, plan.settings.mate)
            if name.startswith("agent:")
        }

    def play(self) -> Report:
        """Plays the run's episodes that are not finished and returns what came of it.

        Raises:
            Stopped: The caller asked to stop; the run can be resumed.
            ModelError: A provider failed; the run can be resumed.
            ReplayError: An interrupted episode cannot be rebuilt.
        """
        report = Report(run_id=self._run.run_id)
        try:
            for number in range(self._plan.episodes):
                self._play_number(number, report)
        except BaseException:
            self._db.end_run(self._run.run_id, "interrupted")
            raise
        self._db.end_run(self._run.run_id, "finished")
        return report

    def finish_episode(self) -> Report:
        """Plays only the episode of the run that is under way, if there is one; closes a run that has none left."""
        report = Report(run_id=self._run.run_id)
        for number in range(self._plan.episodes):
            stored = self._db.find_episode(self._run.run_id, number)
            if stored is not None and stored.status == "running":
                self._play_number(number, report)
        if self._db.find_episode(self._run.run_id, self._plan.episodes - 1) is not None:
            self._db.end_run(self._run.run_id, "finished")
        return report

    def _play_number(self, number: int, report: Report) -> None:
        episode = self._db.find_episode(self._run.run_id, number)
        if episode is not None and episode.status != "running":
            return
        if episode is None and self._should_stop():
            raise Stopped("Stopped between two episodes.")
        card, kwargs, choice = self._find_card(number, episode)
        env = TextEnv(card, kwargs, max_turns=episode.max_turns if episode else self._cap())
        try:
            resumed = episode is not None
            episode = episode or self._db.start_episode(self._draft(env, number, choice))
            if self._play_episode(env, episode, resumed=resumed):
                report.finished.append(episode.episode_id)
            else:
                report.failed.append(episode.episode_id)
        finally:
            env.close()
        self._host.settle()

    def _play_episode(self, env: TextEnv, episode: EpisodeRecord, *, resumed: bool) -> bool:
        streams = EpisodeStreams.of(self._run.seed, episode.number)
        players = {part.seat: self._seat(env, episode, part.seat, streams) for part in episode.participations}
        recorder = Recorder(self._db, episode, env.card, paid=any(player.is_paid for player in players.values()))
        self._narrator.on_start(episode, env.card, resumed=resumed)
        try:
            run_episode(
                env,
                players,
                streams=streams,
                observers=[_Watch(recorder=recorder, narrator=self._narrator)],
                past=self._past(episode, env.card) if resumed else None,
                should_stop=self._should_stop,
            )
        except ReplayError as error:
            raise ReplayError(f"{error} {describe_drift(episode)}", turn=error.turn) from error
        except EnvFault as error:
            recorder.on_fault(str(error))
            self._narrator.on_fault(episode, str(error))
            return False
        return True

    def _past(self, episode: EpisodeRecord, card: EnvCard) -> Past:
        if not speaks_alike(episode, card):
            if not self._accept_drift:
                raise ReplayError("The texts that this version of LangGym shows are not those of the episode.", turn=0)
            self._db.mark_drifted(episode.episode_id)
        actions: dict[int, dict[str, int]] = {}
        for step in self._db.steps(episode.episode_id):
            actions.setdefault(step.turn, {})[step.seat] = step.action
        digests = {position.turn: position.digest for position in self._db.positions(episode.episode_id)}

        def mark(turn: int) -> None:
            self._db.mark_drifted(episode.episode_id)

        return Past(digests=digests, actions=actions, on_drift=mark if self._accept_drift else None)

    # Who plays

    def _find_settings(self, name: str) -> Settings | None:
        """Returns how another agent has played in this run so far, or `None`: changes count from the next run on."""
        for number in range(self._plan.episodes):
            episode = self._db.find_episode(self._run.run_id, number)
            if episode is None:
                return None
            for part in episode.participations:
                if part.agent_id is not None and part.player == name:
                    return Settings.model_validate(part.settings["settings"])
        return None

    def _seat(self, env: TextEnv, episode: EpisodeRecord, seat: str, streams: EpisodeStreams) -> AgentPlayer:
        [part] = [part for part in episode.participations if part.seat == seat]
        if part.agent_id is not None:
            for agent in (self._agent, *self._others.values()):
                if part.agent_id == agent.agent_id:
                    return agent.sit_down(episode, seat, card=env.card, streams=streams)
            raise ReplayError(f"The agent {part.player!r} of seat {seat!r} does not exist any more.", turn=0)
        place = PolicyPlace(
            agent=part.player,
            seat=seat,
            card=env.card,
            stream=streams.policy(seat),
            asking=find_asking(self._plan.settings),
            model=None,
        )
        return AgentPlayer(make_policy(part.player, place), None, db=self._db, episode_id=episode.episode_id)

    def _fill(self, env: TextEnv) -> tuple[PlayerDraft, ...]:
        own = self._own_seat(env)
        return tuple(
            self._player(env, seat, "self" if seat == own else self._who(env, seat, own)) for seat in env.seats
        )

    def _own_seat(self, env: TextEnv) -> str:
        if self._plan.seat is not None:
            if self._plan.seat not in env.seats:
                raise UsageError(
                    f"{env.card.env_id} has no seat {self._plan.seat!r}; its seats are {', '.join(env.seats)}."
                )
            return self._plan.seat
        stats = {record.env_id: record.n_participations for record in self._db.env_stats(self._agent.agent_id)}
        return env.seats[stats.get(env.card.env_id, 0) % len(env.seats)]

    def _who(self, env: TextEnv, seat: str, own: str) -> str:
        team = env.card.team(seat)
        mates = team is not None and team == env.card.team(own)
        return self._plan.settings.mate if mates else self._plan.settings.rival

    def _player(self, env: TextEnv, seat: str, who: str) -> PlayerDraft:
        role, team = env.card.role(seat), env.card.team(seat)
        agent = self._agent if who == "self" else self._others.get(who)
        if agent is None:
            return PlayerDraft(seat=seat, role=role, team=team, player=who, agent_id=None, model=None)
        return PlayerDraft(
            seat=seat,
            role=role,
            team=team,
            player=agent.name,
            agent_id=agent.agent_id,
            model=agent.policy_name,
            settings=agent.describe(),
        )

    # What is played

    def _cap(self) -> int | None:
        settings = self._plan.settings
        embedded = any(is_embedded(agent.policy_name) for agent in (self._agent, *self._others.values()))
        return settings.max_turns or (EMBEDDED_TURNS if embedded else None)

    def _find_card(
        self, number: int, episode: EpisodeRecord | None
    ) -> tuple[EnvCard, Mapping[str, Json], ChoiceRecord | None]:
        if episode is not None:
            return self._catalog.find(episode.env_id), episode.kwargs, None
        if self._plan.env_id is not None:
            return self._catalog.find(self._plan.env_id), self._plan.kwargs, None
        choice = self._choose(number)
        assert choice.env_id is not None
        return self._catalog.find(choice.env_id), {}, choice

    def _choose(self, number: int) -> ChoiceRecord:
        stream = Stream.of(self._run.seed, number, "choice")
        stats = {record.env_id: record for record in self._db.env_stats(self._agent.agent_id)}
        cards = self._choosable()
        offers = make_offers(cards, stats, stream=stream, max_turns=self._cap())
        choice = self._db.start_choice(
            ChoiceDraft(
                run_id=self._run.run_id,
                agent_id=self._agent.agent_id,
                number=number,
                offered={"offers": [dict(offer.describe()) for offer in offers]},
            )
        )
        if choice.env_id is not None:
            return choice
        offers = read_offers(choice.offered, cards)  # a choice that was begun goes on with what was offered then
        chosen = self._ask(offers, choice, stream)
        self._narrator.on_choice(self._agent.name, chosen, offers)
        return self._db.end_choice(choice.choice_id, env_id=chosen.env_id, reason=chosen.reason, source=chosen.source)

    def _choosable(self) -> list[EnvCard]:
        """Returns the cards that can be played here, in an order that does not depend on the catalogue's."""
        cards = [card for card in self._catalog if is_playable(card)]
        if self._plan.seat is not None:
            cards = [card for card in cards if self._plan.seat in card.seats]
            if not cards:
                raise UsageError(f"No environment has a seat {self._plan.seat!r}.")
        return sorted(cards, key=lambda card: card.env_id)

    def _ask(self, offers: Sequence[Offer], choice: ChoiceRecord, stream: Stream) -> Chosen:
        if self._agent.policy_name == "human":
            from langgym.policies.human import HumanPolicy

            answer = HumanPolicy.at_terminal().choose("\n".join(offer.line for offer in offers), make_menu(offers))
            return Chosen(env_id=answer, reason=None, source="human")
        if self._agent.model is None:
            return choose_at_random(offers, stream)
        return choose_by_model(
            self._agent.model,
            offers,
            agent=self._agent.name,
            ledger=ChoiceLedger(self._db, choice.choice_id),
            settings=self._agent.choosing,
            stream=stream,
        )

    def _draft(self, env: TextEnv, number: int, choice: ChoiceRecord | None) -> EpisodeDraft:
        return EpisodeDraft(
            run_id=self._run.run_id,
            number=number,
            choice_id=choice.choice_id if choice else None,
            env_id=env.card.env_id,
            kwargs=env.variant,
            text_version=env.card.text_version,
            situation_version=env.card.situation_version,
            seed=EpisodeStreams.of(self._run.seed, number).seed,
            max_turns=env.max_turns,
            templates=templates_hash(),
            packages=dict(find_packages()),
            langgym_version=__version__,
            commit=find_commit(),
            players=self._fill(env),
        )


def start_run(db: AgentsDB, plan: Plan, *, seed: int) -> RunRecord:
    """Stores a new run of a plan."""
    return db.start_run(
        RunDraft(seed=seed, settings=plan.describe(), langgym_version=__version__, commit=find_commit())
    )


def is_playable(card: EnvCard) -> bool:
    """Returns whether the package of a card is installed; imports no game."""
    from importlib.util import find_spec

    return find_spec(card.module.split(".")[0]) is not None
