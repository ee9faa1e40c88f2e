"""Estimates what a run will take: real prompts of random play, times the decisions of its episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agents_db.knowledge import EnvStats
from agents_db.records import Json
from langgym.agent import find_asking, find_choosing, find_deciding, is_embedded, is_model
from langgym.asking import AskSettings, MemoryLedger, estimate_tokens
from langgym.choosing import choose_by_model, make_offers
from langgym.config import Settings
from langgym.models.chat import Message
from langgym.models.doubles import FunctionModel, ScriptedModel
from langgym.policies.model import ModelPolicy
from langgym.prices import Price
from langgym.prompts import fill
from langgym.seating import EMBEDDED_TURNS
from universe.card import EnvCard
from universe.streams import Stream
from universe.text_env import TextEnv

SAMPLED_TURNS = 40
"""Turns of an environment that are played at random to see its prompts."""
USUAL_MEMORY = "x" * 300
"""As long as a memory usually is, for agents that have none yet."""
TOLD_USUALLY, TOLD_MOST = 60, 150
"""Tokens that what came of earlier decisions takes in a prompt."""
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """A player that asks a language model, with what its calls cost and remember."""

    name: str
    settings: Settings
    price: Price | None
    n_memories: int = 0
    memories: Sequence[str] = ()
    """Texts of some that it has, from which their usual length is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Who would play: the agent, and by the names that `--rival` and `--mate` take, agents in the other seats."""

    agent: Seated | None
    """`None` where the agent's policy asks no language model."""
    others: Mapping[str, Seated]
    settings: Settings
    """Of the run."""
    seat: str | None
    episodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one player's calls of a run take."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    price: Price | None = None

    @property
    def cost(self) -> Decimal | None:
        """In US dollars; `None` without a price."""
        return None if self.price is None else self.price.find_cost(self.tokens_in, self.tokens_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run is expected to take, and the most it can; each by player."""

    decisions: int
    expected: Mapping[str, Share]
    most: Mapping[str, Share] | None
    """`None` where no limit of turns holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The decisions of one player in an episode, and the prompt of each."""

    who: Seated
    asking: AskSettings
    decisions: int
    decisions_most: int | None
    prompt: int
    """Tokens, on average."""
    prompt_most: int

    def expect(self, episodes: int) -> Share:
        """Returns what a run takes where each decision is one call and each reply half as long as it may be."""
        calls = self.decisions * episodes
        return Share(
            calls=calls,
            tokens_in=calls * self.prompt,
            tokens_out=calls * -(-self.asking.max_tokens // 2),
            price=self.who.price,
        )

    def bound(self, episodes: int) -> Share:
        """Returns the most: every attempt is used up, and each shows the replies before it again."""
        assert self.decisions_most is not None
        attempts, reply = self.asking.max_attempts, self.asking.max_tokens
        decisions = self.decisions_most * episodes
        shown = attempts * (attempts - 1) // 2 * reply
        return Share(
            calls=decisions * attempts,
            tokens_in=decisions * (attempts * self.prompt_most + shown),
            tokens_out=decisions * attempts * reply,
            price=self.who.price,
        )


def forecast_run(card: EnvCard, kwargs: Mapping[str, Json], table: Table, *, choice: Demand | None = None) -> Forecast:
    """Returns what a run of one environment will take; plays some turns at random and asks no model.

    Args:
        card: The environment.
        kwargs: Its keywords.
        table: Who would play.
        choice: What choosing it takes, where the agent chooses; from `forecast_choice`.
    """
    env = TextEnv(card, kwargs, max_turns=find_cap(table))
    try:
        asked = [*_ask_seats(env, table), *([choice] if choice else [])]
    finally:
        env.close()
    capped = all(one.decisions_most is not None for one in asked)
    return Forecast(
        decisions=table.episodes * sum(one.decisions for one in asked),
        expected=_join({}, [(one.who.name, one.expect(table.episodes)) for one in asked]),
        most=_join({}, [(one.who.name, one.bound(table.episodes)) for one in asked]) if capped else None,
    )


def forecast_choice(cards: Sequence[EnvCard], stats: Mapping[str, EnvStats], table: Table) -> Demand | None:
    """Returns what a choice among cards takes; `None` where no model is asked for it."""
    if table.agent is None:
        return None
    offers = make_offers(cards, stats, recent={}, stream=Stream.of(SEED, "choice"), max_turns=find_cap(table))
    ledger = MemoryLedger()
    choose_by_model(
        FunctionModel(lambda call: ""),
        offers,
        agent=table.agent.name,
        ledger=ledger,
        settings=find_choosing(table.agent.settings),
        stream=Stream.of(SEED, "choice"),
    )
    first = ledger.attempts[0]
    asking = AskSettings(max_attempts=table.agent.settings.max_attempts, max_tokens=first.est_out)
    return Demand(
        who=table.agent, asking=asking, decisions=1, decisions_most=1, prompt=first.est_in, prompt_most=first.est_in
    )


def find_cap(table: Table) -> int | None:
    """Returns the turns after which an episode would be capped; `None` leaves it to the card."""
    players = [table.agent, *table.others.values()]
    embedded = any(is_embedded(player.settings.model) for player in players if player is not None)
    return table.settings.max_turns or (EMBEDDED_TURNS if embedded else None)


def _join(shares: dict[str, Share], more: Sequence[tuple[str, Share]]) -> dict[str, Share]:
    for name, share in more:
        before = shares.get(name, Share())
        shares[name] = Share(
            calls=before.calls + share.calls,
            tokens_in=before.tokens_in + share.tokens_in,
            tokens_out=before.tokens_out + share.tokens_out,
            price=share.price,
        )
    return shares


def _ask_seats(env: TextEnv, table: Table) -> list[Demand]:
    card = env.card
    own = table.seat or env.seats[0]
    seated = {seat: who for seat in env.seats if (who := _find_player(card, seat, own, table)) is not None}
    if not seated:
        return []
    prompts = _sample_prompts(env, seated)
    per_seat = 1 if card.simultaneous else len(env.seats)
    usual, most = card.typical_turns, None
    if env.max_turns:
        most = max(1, -(-env.max_turns // per_seat))
        usual = min(usual, most)
    return [
        Demand(
            who=who,
            asking=_find_asking(who.settings),
            decisions=usual,
            decisions_most=most,
            prompt=-(-sum(prompts[seat]) // len(prompts[seat]))
            + min(_count_recalled(who, table.episodes) * _measure_memory(who), who.settings.memory_tokens)
            + (TOLD_USUALLY if who.settings.memories else 0),
            prompt_most=max(prompts[seat]) + _bound_past(who),
        )
        for seat, who in seated.items()
    ]


def _find_player(card: EnvCard, seat: str, own: str, table: Table) -> Seated | None:
    """Returns who asks a model in a seat, or `None`."""
    if seat == own:
        return table.agent
    team = card.team(seat)
    mates = team is not None and team == card.team(own)
    who = table.settings.mate if mates else table.settings.rival
    return table.agent if who == "self" else table.others.get(who)


def _sample_prompts(env: TextEnv, seated: Mapping[str, Seated]) -> dict[str, list[int]]:
    """Returns the estimated tokens of the prompts, without memories, that each seat gets in random play."""
    stream = Stream.of(SEED, "estimate")
    policies = {
        seat: ModelPolicy(
            ScriptedModel([]), env.card, agent=who.name, stream=stream, settings=find_asking(who.settings)
        )
        for seat, who in seated.items()
    }
    found: dict[str, list[int]] = {seat: [] for seat in seated}
    env.reset(SEED)
    while env.turns() and (env.n_turns < SAMPLED_TURNS or not all(found.values())):
        for turn in env.turns():
            if turn.seat in policies:
                prompt = policies[turn.seat].prompt(turn, ())
                found[turn.seat].append(estimate_tokens(prompt))
        env.play({turn.seat: stream.pick(turn.menu.actions, turn.seat, turn.index) for turn in env.turns()})
    return {seat: sizes or [0] for seat, sizes in found.items()}


def _count_recalled(who: Seated, episodes: int) -> int:
    """Returns how many memories a turn shows on average, rounded up: every episode leaves one more to be shown."""
    shown = [min(who.settings.memories, who.n_memories + ended) for ended in range(episodes)]
    return -(-sum(shown) // max(1, episodes))


def _find_asking(settings: Settings) -> AskSettings:
    """Returns how a model is asked for a decision; where it is only asked for likelihoods, one token answers."""
    asking = find_asking(settings)
    return replace(asking, max_attempts=1, max_tokens=1) if find_deciding(settings) == "advised" else asking


def _bound_past(who: Seated) -> int:
    """Returns the most tokens that memories and experience take in a prompt."""
    return who.settings.memory_tokens + TOLD_MOST if who.settings.memories else 0


def _measure_memory(who: Seated) -> int:
    """Returns about how many tokens a memory has, by those of the agent."""
    texts = who.memories or [USUAL_MEMORY]
    text = "x" * -(-sum(map(len, texts)) // len(texts))
    return estimate_tokens([Message(role="user", section="memories", text=fill("memory", text=text))])


def asks_model(settings: Settings) -> bool:
    """Returns whether an agent of these settings asks a language model."""
    return is_model(settings.model)
