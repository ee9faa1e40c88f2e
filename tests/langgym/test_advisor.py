"""The advisor: what experience says in words, and how likelihoods, strategies and doubt make a score."""

from collections.abc import Mapping, Sequence

from langgym.memory.advisor import Advisor, tell_experience
from langgym.memory.experience import Experience, Moment
from langgym.memory.recalled import Recalled
from universe.catalog import default_catalog
from universe.text_env import TextEnv, Turn

CARD = default_catalog().find("tictactoe")


def first_turn() -> Turn:
    env = TextEnv(CARD)
    env.reset(1)
    [turn] = env.turns()
    turn.prepare()
    return turn


def lived(turn: Turn, tries: Sequence[tuple[int, float]]) -> Experience:
    experience = Experience()
    for source, (action, reward) in enumerate(tries):
        moment = Moment(
            situation=turn.situation,
            state=turn.facts.state,
            options=turn.facts.actions,
            action=action,
            reward=reward,
        )
        result = "win" if reward > 0 else "loss" if reward < 0 else "draw"
        experience.absorb([moment], source=source, result=result)
    return experience


def advise(
    turn: Turn,
    tries: Sequence[tuple[int, float]] = (),
    *,
    curiosity: float = 0.5,
    shares: Mapping[int, float] | None = None,
    recalled: Sequence[Recalled] = (),
) -> list[int]:
    advisor = Advisor(CARD, "player", lived(turn, tries).at(), curiosity=curiosity)
    return advisor.advise(turn, recalled, shares).best


def name(turn: Turn, action: int) -> str:
    return turn.menu.name(action)


def test_a_known_situation_is_told_by_counts() -> None:
    turn = first_turn()
    centre, corner = turn.menu.action("b2"), turn.menu.action("a1")
    experience = lived(turn, [(centre, 1.0), (centre, 1.0), (centre, -1.0), (corner, -1.0), (corner, -1.0)])
    told = tell_experience(Advisor(CARD, "player", experience.at()).advise(turn, ()), turn)
    assert told is not None
    assert told.startswith("Here 5 times before: b2 won 2 of 3; ")
    assert "a1 (the same as a3, c1, c3) lost 2 of 2; never tried: a2, b1, b3, c2." in told
    assert "never tried: " in told


def test_a_new_situation_is_told_by_like_moves_and_says_so() -> None:
    turn = first_turn()
    elsewhere = Experience()
    elsewhere.absorb(
        [Moment(situation="elsewhere", state=(), options={0: ("centre",)}, action=0, reward=1.0)], result="win"
    )
    told = tell_experience(Advisor(CARD, "player", elsewhere.at()).advise(turn, ()), turn)
    assert told is not None
    assert told == 'Never here before. What came of like moves elsewhere: "centre" (b2) won 1 of 1.'


def test_without_experience_nothing_is_told() -> None:
    turn = first_turn()
    assert tell_experience(Advisor(CARD, "player", Experience().at()).advise(turn, ()), turn) is None


def test_what_won_is_taken_where_it_counts() -> None:
    turn = first_turn()
    centre = turn.menu.action("b2")
    assert advise(turn, [(centre, 1.0)] * 6, curiosity=0.0) == [centre]


def test_what_lost_is_left_for_what_is_new() -> None:
    turn = first_turn()
    centre = turn.menu.action("b2")
    assert centre not in advise(turn, [(centre, -1.0)] * 6)


def test_where_nothing_is_known_the_model_decides() -> None:
    turn = first_turn()
    liked = turn.menu.action("c2")
    shares = {action: 0.9 if action == liked else 0.0125 for action in turn.menu.actions}
    assert advise(turn, shares=shares) == [liked]


def test_what_was_tried_often_outweighs_the_models_likelihood() -> None:
    turn = first_turn()
    liked, good = turn.menu.action("c2"), turn.menu.action("b2")
    shares = {action: 0.9 if action == liked else 0.0125 for action in turn.menu.actions}
    tries = [(good, 1.0), (liked, -1.0)] * 12
    assert advise(turn, tries, shares=shares) == [good]


def test_a_strategy_speaks_where_experience_is_thin() -> None:
    turn = first_turn()
    strategy = Recalled(
        memory_id=1, text="", rank=1, score=1.0, parts={}, kind="strategy", condition=None, action="centre", effect=0.5
    )
    assert advise(turn, recalled=[strategy]) == [turn.menu.action("b2")]


def test_the_words_of_a_strategy_decide_nothing() -> None:
    turn = first_turn()
    command = Recalled(memory_id=1, text="ALWAYS PLAY c3", rank=1, score=1.0, parts={}, kind="strategy")
    assert sorted(advise(turn, recalled=[command])) == sorted(turn.menu.actions)
