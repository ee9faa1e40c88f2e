"""An agent's choice of its next environment: what is offered, asked by the same door as a decision, and stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter

from agents_db.knowledge import EnvStats
from agents_db.records import Json, Source
from langgym.appeal import UNKNOWN, Appeal, find_appeal, find_baseline, find_trend
from langgym.asking import AskSettings, Ledger, ask_menu
from langgym.models.chat import ChatModel, Message
from langgym.prompts import fill
from universe.card import EnvCard
from universe.menu import Menu
from universe.streams import Stream

REASON = 120  # characters of a reason
ANSWER = 96  # tokens of an answer beside its reason
TREND = 0.25  # deviations of random play by which returns must have changed to be told
USUAL_CURIOSITY = 0.5
SECONDS = 3.0  # of a decision, assumed until the agent has played


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An environment as it is offered to an agent, with the agent's own record in it."""

    card: EnvCard
    line: str
    """The offer as the agent reads it."""
    played: int
    """The agent's participations."""
    mean_total: float | None
    seconds: float
    """That an episode is expected to take."""
    appeal: Appeal

    def describe(self) -> dict[str, Json]:
        """Returns the offer as it is stored."""
        return {
            "env_id": self.card.env_id,
            "line": self.line,
            "played": self.played,
            "mean_total": self.mean_total,
            "seconds": self.seconds,
            "appeal": {**self.appeal.describe()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was chosen, why, and by whom."""

    env_id: str
    reason: str | None
    source: Source


def make_offers(
    cards: Sequence[EnvCard],
    stats: Mapping[str, EnvStats],
    *,
    recent: Mapping[str, Sequence[float]],
    stream: Stream,
    max_turns: int | None,
) -> list[Offer]:
    """Returns an offer for each card, in an order drawn from `stream`.

    Args:
        cards: What can be played.
        stats: The agent's records, by environment.
        recent: Its last returns by environment, newest first.
        stream: Of draws.
        max_turns: The run's cap.
    """
    spent = sum(record.mean_seconds * record.n_participations for record in stats.values())
    turns = sum(record.mean_turns * record.n_participations for record in stats.values())
    pace = spent / turns if turns else None
    offers = [
        _make_offer(card, stats.get(card.env_id), recent.get(card.env_id, ()), pace=pace, max_turns=max_turns)
        for card in cards
    ]
    stream.shuffle(offers)
    return offers


class _Offered(BaseModel):
    """An offer as it is stored."""

    env_id: str
    line: str
    played: int
    mean_total: float | None
    seconds: float
    appeal: Appeal = Appeal(novelty=1.0, progress=0.0, skill=UNKNOWN)
    """Offers that were stored before there was such a thing have none."""


def read_offers(stored: Mapping[str, Json], cards: Sequence[EnvCard]) -> list[Offer]:
    """Returns the offers of a choice as they were stored, in their order; those of cards that are gone are left out."""
    found = {card.env_id: card for card in cards}
    return [
        Offer(
            card=found[offered.env_id],
            line=offered.line,
            played=offered.played,
            mean_total=offered.mean_total,
            seconds=offered.seconds,
            appeal=offered.appeal,
        )
        for offered in TypeAdapter(list[_Offered]).validate_python(stored["offers"])
        if offered.env_id in found
    ]


def make_menu(offers: Sequence[Offer]) -> Menu:
    """Returns the menu of the offers, in their order; the reason is asked for before the choice."""
    return Menu(
        range(len(offers)),
        lambda number: (offers[number].card.env_id,),
        fields=("environment",),
        preface="reason",
    )


def choose_by_model(
    model: ChatModel,
    offers: Sequence[Offer],
    *,
    agent: str,
    ledger: Ledger,
    settings: AskSettings,
    stream: Stream,
    curiosity: float = USUAL_CURIOSITY,
) -> Chosen:
    """Returns the model's choice, or a random one marked as fallback when no attempt was legal.

    Args:
        model: Who is asked.
        offers: What can be played.
        agent: The player's name.
        ledger: Of the attempts.
        settings: How it is asked.
        stream: Of draws.
        curiosity: From 0 to 1; told to the model in words.

    Raises:
        ModelError: The provider failed; the same choice can be asked for again later.
    """
    menu = make_menu(offers)
    prompt = (
        Message(role="system", section="chooser", text=fill("chooser", agent=agent, wish=_tell_curiosity(curiosity))),
        Message(role="user", section="offers", text=fill("offer", offers="\n".join(offer.line for offer in offers))),
        Message(role="user", section="menu", text=fill("choice_menu", form=menu.example(preface=True))),
    )
    settings = AskSettings(
        max_attempts=settings.max_attempts,
        thought=REASON,
        max_tokens=max(settings.max_tokens, REASON + ANSWER),
        temperature=settings.temperature,
    )
    asked = ask_menu(model, menu, prompt, ledger=ledger, settings=settings, seed=stream.integer("choice") & 0x7FFFFFFF)
    if asked.answer is None:
        return Chosen(env_id=choose_at_random(offers, stream).env_id, reason=None, source="fallback")
    return Chosen(env_id=asked.answer.name, reason=asked.answer.thought, source="model")


def _tell_curiosity(curiosity: float) -> str:
    if curiosity < 1 / 3:
        return fill("wish_skill")
    return fill("wish_novelty") if curiosity > 2 / 3 else fill("wish_both")


def choose_by_appeal(offers: Sequence[Offer], stream: Stream, *, curiosity: float) -> Chosen:
    """Returns what draws the agent most, by chance among equals, with what it is made of as the reason."""
    rated = {offer.card.env_id: offer.appeal.rate(curiosity) for offer in offers}
    most = max(rated.values())
    drawn = sorted(env_id for env_id, rate in rated.items() if rate == most)
    env_id = stream.pick(drawn, "appeal")
    [appeal] = [offer.appeal for offer in offers if offer.card.env_id == env_id]
    parts = ", ".join(f"{name} {value:.2f}" for name, value in appeal.describe().items())
    return Chosen(env_id=env_id, reason=parts, source="experience")


def choose_at_random(offers: Sequence[Offer], stream: Stream) -> Chosen:
    """Returns a uniform choice."""
    return Chosen(env_id=stream.pick(offers, "fallback").card.env_id, reason=None, source="random")


def _make_offer(
    card: EnvCard, stats: EnvStats | None, recent: Sequence[float], *, pace: float | None, max_turns: int | None
) -> Offer:
    """Returns the offer of a card.

    Args:
        card: What is offered.
        stats: The agent's record in it.
        recent: Its last returns there, newest first.
        pace: Seconds of a turn of an episode, as the agent has played so far; `None` where it has not.
        max_turns: The run's cap, in turns of the episode.
    """
    random = ", ".join(f"{role} {base.mean:.2f}" for role, base in card.baseline.items())
    if stats is None:
        record = fill("offer_new", baseline=random)
    else:
        trend = find_trend(recent)
        lately = fill("offer_trend", trend=f"{trend:+.2f}") if abs(trend) > TREND * find_baseline(card)[1] else ""
        played = {"n": stats.n_participations, "mean": f"{stats.mean_total:.2f}", "lately": lately}
        record = fill("offer_played", **played, baseline=random)
    per_seat = 1 if card.simultaneous else len(card.seats)  # turns of the episode for one of the seat's own
    turns = min(card.typical_turns, max(1, round(max_turns / per_seat))) if max_turns else card.typical_turns
    seconds = stats.mean_seconds if stats else turns * (SECONDS if pace is None else pace * per_seat)
    return Offer(
        card=card,
        line=fill(
            "offer_line",
            env_id=card.env_id,
            summary=card.summary,
            trains=", ".join(card.trains),
            length=f"About {turns} turns, {max(1, round(seconds / 60))} min.",
            record=record,
        ),
        played=stats.n_participations if stats else 0,
        mean_total=stats.mean_total if stats else None,
        seconds=round(seconds, 1),
        appeal=find_appeal(card, stats, recent),
    )
