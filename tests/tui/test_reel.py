from hypothesis import given
from hypothesis import strategies as st

from langgym.tui.reel import Place, Reel

WALKS = st.lists(
    st.one_of(
        st.tuples(st.just("go"), st.integers(-5, 40)),
        st.tuples(st.just("extend"), st.integers(0, 30)),
        st.tuples(st.just("own"), st.sampled_from([-1, 1])),
        st.tuples(st.just("follow"), st.just(0)),
    ),
    max_size=30,
)


def make_places(n: int) -> list[Place]:
    return [Place(turn, f"player_{turn % 3 // 2}") for turn in range(n)]


def walk(reel: Reel, steps: list[tuple[str, int]]) -> None:
    for kind, value in steps:
        match kind:
            case "go":
                reel.go(value)
            case "extend":
                reel.extend(make_places(len(reel.places) + value))
            case "own":
                reel.step_own(value)
            case _:
                reel.toggle_follow()


@given(WALKS)
def test_a_walk_never_leaves_the_decisions(steps: list[tuple[str, int]]) -> None:
    reel = Reel()
    walk(reel, steps)
    assert reel.at == 0 if not reel.places else 0 <= reel.at < len(reel.places)


@given(WALKS)
def test_who_follows_is_at_the_last_decision(steps: list[tuple[str, int]]) -> None:
    reel = Reel(follows=True)
    walk(reel, [step for step in steps if step[0] == "extend"])
    assert reel.at == max(0, len(reel.places) - 1)
    assert reel.n_new == 0


@given(WALKS, st.sampled_from([-1, 1]))
def test_a_step_within_a_seat_stays_in_it(steps: list[tuple[str, int]], way: int) -> None:
    reel = Reel(make_places(20))
    walk(reel, steps)
    before = reel.place
    reel.step_own(way)
    assert before is not None
    assert reel.place is not None
    assert reel.place.seat == before.seat


def test_a_step_back_ends_following_and_new_decisions_are_counted() -> None:
    reel = Reel(make_places(5), at=4, follows=True)
    reel.go(3)
    reel.extend(make_places(9))
    assert (reel.follows, reel.at, reel.n_new) == (False, 3, 4)


def test_going_to_the_end_forgets_what_is_new() -> None:
    reel = Reel(make_places(5), at=2)
    reel.extend(make_places(8))
    reel.go(7)
    assert (reel.n_new, reel.follows) == (0, False)


def test_following_again_goes_to_the_end() -> None:
    reel = Reel(make_places(5), at=2)
    reel.toggle_follow()
    assert (reel.at, reel.follows) == (4, True)


def test_a_decision_is_found_by_turn_and_seat() -> None:
    places = [Place(0, "a"), Place(0, "b"), Place(1, "a")]
    reel = Reel(places)
    assert (reel.find(0), reel.find(0, "b"), reel.find(1, "b")) == (0, 1, None)
