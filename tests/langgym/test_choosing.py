"""Choosing: what an offer says, and what is stored of it."""

from agents_db.knowledge import EnvStats
from agents_db.records import Json
from langgym.choosing import Offer, make_offers, read_offers
from universe.catalog import default_catalog
from universe.streams import Stream


def offer(name: str, *, max_turns: int | None = None, stats: dict[str, EnvStats] | None = None) -> Offer:
    cards = [default_catalog().find(name)]
    [made] = make_offers(cards, stats or {}, recent={}, stream=Stream.of(1), max_turns=max_turns)
    return made


def make_stats(env_id: str, *, turns: float, seconds: float) -> EnvStats:
    return EnvStats(
        env_id=env_id,
        n_participations=2,
        mean_total=0.5,
        best_total=1.0,
        n_wins=1,
        n_draws=0,
        n_losses=1,
        mean_turns=turns,
        mean_seconds=seconds,
        last_total=0.0,
    )


def test_an_offer_counts_the_seats_own_turns_under_the_cap() -> None:
    assert "About 169 turns" in offer("chess").line
    assert "About 30 turns" in offer("chess", max_turns=60).line
    assert "About 15 turns" in offer("rps", max_turns=60).line


def test_time_is_expected_by_the_agents_pace_over_the_turns_of_both_sides() -> None:
    stats = {"classic/go_v5": make_stats("classic/go_v5", turns=100, seconds=200)}
    assert offer("connect_four", stats=stats).seconds == 2.0 * 11 * 2


def test_offers_are_read_as_they_were_stored() -> None:
    offers = make_offers(list(default_catalog()), {}, recent={}, stream=Stream.of(3), max_turns=None)
    stored: dict[str, Json] = {"offers": [dict(made.describe()) for made in offers]}
    assert read_offers(stored, list(default_catalog())) == offers
    assert read_offers(stored, [offers[3].card]) == [offers[3]]
