"""Appeal: what draws an agent to an environment, and how curiosity weighs it."""

import pytest

from agents_db.knowledge import EnvStats
from langgym.appeal import find_appeal, find_trend
from langgym.choosing import choose_by_appeal, make_offers
from universe.catalog import default_catalog
from universe.streams import Stream

CARD = default_catalog().find("tictactoe")


def stats(n: int, mean: float, env_id: str = CARD.env_id) -> EnvStats:
    return EnvStats(
        env_id=env_id,
        n_participations=n,
        mean_total=mean,
        best_total=1.0,
        n_wins=0,
        n_draws=0,
        n_losses=0,
        mean_turns=9.0,
        mean_seconds=1.0,
        last_total=mean,
    )


def test_what_was_never_played_is_new() -> None:
    assert find_appeal(CARD, None, ()).novelty == 1.0
    assert find_appeal(CARD, stats(8, 0.0), ()).novelty < 0.5


def test_what_changes_shows_progress_and_what_stays_shows_none() -> None:
    assert find_appeal(CARD, stats(8, 0.5), [1.0] * 4 + [-1.0] * 4).progress == 1.0
    assert find_appeal(CARD, stats(8, 0.5), [0.5] * 8).progress == 0.0


def test_three_episodes_show_no_trend() -> None:
    assert find_trend([3.0, 2.0, 1.0]) == 0.0


@pytest.mark.parametrize(("curiosity", "chosen"), [(0.0, "classic/tictactoe_v3"), (1.0, "classic/go_v5")])
def test_curiosity_sets_the_balance(curiosity: float, chosen: str) -> None:
    cards = [CARD, default_catalog().find("go")]
    offers = make_offers(
        cards, {CARD.env_id: stats(100, 0.9)}, recent={CARD.env_id: [0.9] * 20}, stream=Stream.of(1), max_turns=None
    )
    assert choose_by_appeal(offers, Stream.of(2), curiosity=curiosity).env_id == chosen


def test_a_choice_by_appeal_gives_its_parts_as_the_reason() -> None:
    offers = make_offers([CARD], {}, recent={}, stream=Stream.of(1), max_turns=None)
    reason = choose_by_appeal(offers, Stream.of(2), curiosity=0.5).reason
    assert reason == "novelty 1.00, progress 0.00, skill 0.50"


def test_a_trend_is_told_where_it_is_clear() -> None:
    cards = {CARD.env_id: stats(8, 0.5)}
    rising = make_offers(
        [CARD], cards, recent={CARD.env_id: [1.0] * 4 + [-1.0] * 4}, stream=Stream.of(1), max_turns=None
    )
    level = make_offers([CARD], cards, recent={CARD.env_id: [0.5] * 8}, stream=Stream.of(1), max_turns=None)
    assert "mean return 0.50, lately +2.00 (random play" in rising[0].line
    assert "lately" not in level[0].line
