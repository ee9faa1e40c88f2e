"""Heuristic rivals: they see a turn only, decide legally everywhere, and are worth beating."""

import random
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path

import chess
import pytest

from langgym.asking import AskSettings, MemoryLedger
from langgym.bench.rivals import EVEN, Row, list_sides, measure_card, merge_references
from langgym.config import Settings
from langgym.errors import UsageError
from langgym.policies.heuristic import CHOOSERS, HeuristicPolicy
from langgym.policies.registry import PolicyPlace, check_fit, find_policy, is_fixed, make_policy
from langgym.references import Reference, load_references, normalise, reference, write_references
from langgym.rivals.chess_search import search_moves
from langgym.rivals.go_search import GoSearch
from langgym.rivals.go_stones import Stones
from langgym.rivals.lines import find_spots, search_columns
from langgym.rivals.poker import rank_hand
from langgym.rivals.rps import choose_rps
from langgym.testing import check_policy
from tests.langgym.worlds import World
from universe.card import EnvCard
from universe.cards import BUILT_IN
from universe.catalog import default_catalog
from universe.streams import Stream
from universe.text_env import TextEnv, Turn

every_game = pytest.mark.parametrize("env_id", CHOOSERS)


def find_card(env_id: str) -> EnvCard:
    return default_catalog().find(env_id)


def make_place(card: EnvCard, seat: str, seed: int = 7) -> PolicyPlace:
    return PolicyPlace(
        agent="rival", seat=seat, card=card, stream=Stream.of(seed, seat), asking=AskSettings(), model=None
    )


def decide(env: TextEnv, turn: Turn, seed: int = 7) -> int:
    policy = make_policy("heuristic", make_place(env.card, turn.seat, seed))
    action = policy.decide(turn, (), MemoryLedger()).action
    assert action is not None
    return action


def test_there_is_a_heuristic_for_every_classic_and_mpe_environment() -> None:
    assert set(CHOOSERS) == {card.env_id for card in BUILT_IN if card.suite in ("classic", "mpe")}


@every_game
def test_a_heuristic_keeps_the_contract_of_policies(env_id: str) -> None:
    make = find_policy("heuristic")
    assert make is not None
    check_policy(make, cards=[env_id], n_turns=2)


VARIANTS = (
    ("classic/rps_v2", {"num_actions": 9, "max_cycles": 6}),
    ("classic/hanabi_v5", {"players": 5, "hand_size": 4}),
    ("classic/hanabi_v5", {"colors": 2, "ranks": 3, "hand_size": 2, "max_information_tokens": 0}),
    ("classic/hanabi_v5", {"observation_type": "seer"}),
    ("classic/hanabi_v5", {"observation_type": "minimal"}),
    ("classic/texas_holdem_v4", {"num_players": 6}),
    ("classic/texas_holdem_no_limit_v6", {"num_players": 10}),
    ("mpe/simple_adversary_v3", {"N": 6}),
    ("mpe/simple_spread_v3", {"N": 6}),
    ("mpe/simple_formation_v1", {"N": 8}),
    ("mpe/simple_line_v1", {"N": 2}),
    ("mpe/simple_tag_v3", {"num_good": 3, "num_obstacles": 0, "curriculum": True}),
    ("mpe/simple_world_comm_v3", {"num_good": 1, "num_adversaries": 1, "num_forests": 0, "num_obstacles": 0}),
    ("mpe/collect_treasure_v1", {"num_collectors": 1, "num_deposits": 6, "num_treasures": 1}),
    ("mpe/collect_treasure_v1", {"num_collectors": 3, "num_deposits": 1, "num_treasures": 1}),
)


@pytest.mark.parametrize(
    ("env_id", "kwargs"), VARIANTS, ids=[f"{env_id}-{n}" for n, (env_id, _) in enumerate(VARIANTS)]
)
def test_a_heuristic_plays_every_seat_of_a_variant(env_id: str, kwargs: dict[str, int]) -> None:
    env = TextEnv(find_card(env_id), kwargs)
    env.reset(5)
    while env.turns():
        env.play({turn.seat: decide(env, turn) for turn in env.turns()})
    env.close()


SMALL = {
    **{"classic/connect_four_v3": 6, "classic/chess_v6": 4, "classic/hanabi_v5": 3, "classic/leduc_holdem_v4": 300},
    **{"classic/texas_holdem_v4": 100, "classic/texas_holdem_no_limit_v6": 400, "mpe/collect_treasure_v1": 2},
    **{"mpe/simple_world_comm_v3": 8, "mpe/simple_tag_v3": 12, "mpe/simple_push_v3": 20},
}


@pytest.mark.parametrize("env_id", [env_id for env_id in CHOOSERS if env_id not in EVEN | {"classic/go_v5"}])
def test_a_heuristic_beats_random_play_in_every_role(env_id: str) -> None:
    rows = measure_card(find_card(env_id), episodes=SMALL.get(env_id, 15), seed=3)
    assert [row.role for row in rows if not row.beats] == []


def test_the_search_beats_random_play_at_go_as_either_colour() -> None:
    env = TextEnv(find_card("classic/go_v5"))
    for own in env.seats:
        env.reset(2)
        lots = Stream.of(2, own)
        while env.turns():
            [turn] = env.turns()
            drawn = lots.pick(turn.view.legal, turn.seat, turn.index)
            env.play({turn.seat: decide(env, turn) if turn.seat == own else drawn})
        assert env.outcome()[own].result == "win"
    env.close()


def replies(own: str, script: list[int], seed: int) -> Iterator[tuple[list[int], str | None]]:
    """Yields every game of tic-tac-toe that goes on from the rival's moves: these moves, and the heuristic's result."""
    env = TextEnv(find_card("classic/tictactoe_v3"))
    env.reset(0)
    left = list(script)
    while env.turns():
        [turn] = env.turns()
        if turn.seat == own:
            env.play({turn.seat: decide(env, turn, seed)})
        elif left:
            env.play({turn.seat: left.pop(0)})
        else:
            for action in turn.view.legal:
                yield from replies(own, [*script, action], seed)
            return
    yield script, env.outcome()[own].result


@pytest.mark.parametrize("own", ["player_1", "player_2"])
@pytest.mark.parametrize("seed", [1, 2])
def test_minimax_never_loses_at_tictactoe_whatever_the_rival_plays(own: str, seed: int) -> None:
    games = list(replies(own, [], seed))
    assert len(games) > 50
    assert [moves for moves, result in games if result not in ("win", "draw")] == []


def play_column(pieces: str, columns: list[int]) -> int:
    """Searches a position given as columns played in turn, the mover's first where their number is even."""
    boards = [0, 0]
    for number, letter in enumerate(pieces):
        column = int(letter)
        height = sum(other == letter for other in pieces[:number])
        boards[number % 2] |= 1 << (column * 7 + height)
    own, other = boards if len(pieces) % 2 == 0 else boards[::-1]
    return search_columns(own, other, columns, nodes=500)


def test_connect_four_takes_a_win_and_stops_one() -> None:
    assert play_column("010101", [3, 2, 4, 1, 5, 0, 6]) == 0
    assert play_column("01010", [3, 2, 4, 1, 5, 0, 6]) == 0


def list_spots(pieces: set[tuple[int, int]], taken: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Returns the free cells (column, row) that complete four in a line, by looking along every line."""
    found: set[tuple[int, int]] = set()
    for column, row, (right, up) in product(range(7), range(6), ((1, 0), (0, 1), (1, 1), (1, -1))):
        line = [(column + right * n, row + up * n) for n in range(4)]
        if all(0 <= x < 7 and 0 <= y < 6 for x, y in line) and sum(cell in pieces for cell in line) == 3:
            found |= {cell for cell in line if cell not in taken}
    return found


@pytest.mark.parametrize("seed", range(20))
def test_connect_four_finds_every_cell_that_completes_four(seed: int) -> None:
    lots = random.Random(seed)
    cells = list(product(range(7), range(6)))
    own, other = set(lots.sample(cells, 16)), set(lots.sample(cells, 8))
    other -= own
    bits = [sum(1 << (column * 7 + row) for column, row in side) for side in (own, own | other)]
    spots = find_spots(bits[0], bits[1])
    assert {(column, row) for column, row in cells if spots >> (column * 7 + row) & 1} == list_spots(own, own | other)


def test_connect_four_sees_an_open_three_coming() -> None:
    assert play_column("263", [0, 6, 5, 2, 3, 1, 4]) in (1, 4)


@pytest.mark.parametrize(
    ("fen", "best"),
    [
        ("6k1/5ppp/8/8/8/8/5PPP/R5K1 w - - 0 1", "a1a8"),
        ("7k/8/5K2/8/8/8/8/6Q1 w - - 0 1", "g1g7"),
        ("rnb1kbnr/pppp1ppp/8/4p1q1/4P3/3P4/PPP2PPP/RNBQKBNR w KQkq - 0 1", "c1g5"),
    ],
)
def test_chess_gives_mate_and_takes_what_is_left_hanging(fen: str, best: str) -> None:
    board = chess.Board(fen)
    assert search_moves(board, list(board.legal_moves), nodes=600).uci() == best
    assert board.fen() == fen


def test_chess_goes_for_a_repetition_where_it_is_behind() -> None:
    board = chess.Board("1rr4k/pp6/8/8/8/8/PP6/R6K w - - 0 1")
    for uci in ("h1g1", "h8g8", "g1h1", "g8h8"):
        board.push_uci(uci)
    assert search_moves(board, list(board.legal_moves), nodes=600).uci() == "h1g1"


def test_go_takes_stones_in_danger() -> None:
    rows = ["." * 5, "..X..", ".XO..", "..X..", "." * 5]
    cells = [".XO".index(cell) if cell != "O" else -1 for row in rows for cell in row]
    stones = Stones.read(5, cells, None)
    point = GoSearch(0.5, random.Random(1)).find_point(stones, 1, playouts=200)
    assert stones.place(2 * 5 + 3) == point


def test_go_counts_the_area_and_bars_a_ko() -> None:
    rows = [".XO..", "XO.O.", ".XO..", ".....", "....."]
    stones = Stones.read(5, [{".": 0, "X": 1, "O": -1}[cell] for row in rows for cell in row], None)
    assert stones.play(stones.place(7), 1)
    assert stones.cells[stones.place(6)] == 0
    assert not stones.play(stones.place(6), -1)
    assert Stones.read(2, [1, 0, 0, 0], None).lead() == 4


def test_go_passes_to_win_when_the_rival_has_passed() -> None:
    env = TextEnv(find_card("classic/go_v5"))
    env.reset(0)
    passing = 81
    env.play({"black_0": passing})
    [turn] = env.turns()
    assert decide(env, turn) == passing
    env.close()


def test_rock_paper_scissors_replies_to_what_was_counted() -> None:
    env = TextEnv(find_card("classic/rps_v2"))
    env.reset(0)
    for theirs in ("rock", "rock", "paper"):
        first, second = env.turns()
        env.play({first.seat: first.menu.action("rock"), second.seat: second.menu.action(theirs)})
    assert env.turns()[0].name(choose_rps(env.turns()[0], Stream.of(1))) == "paper"
    env.close()


def test_poker_ranks_hands_by_the_rules() -> None:
    hands = [
        "HA DK S9 C7 H2",
        "HA DA S9 C7 H2",
        "HA DA S9 C9 H2",
        "HA DA SA C7 H2",
        "HA D2 S3 C4 H5",
        "H2 D3 S4 C5 H6",
        "H2 H9 H4 HJ H6",
        "H2 D2 S2 C9 H9",
        "H2 D2 S2 C2 H9",
        "H2 H3 H4 H5 HA",
        "HT HJ HQ HK HA",
    ]
    ranks = [rank_hand(hand.split()) for hand in hands]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(hands)


def test_hidden_cards_change_no_decision_before_they_are_shown() -> None:
    card = find_card("classic/leduc_holdem_v4")
    env = TextEnv(card)
    chosen: dict[tuple[str, str], set[int]] = {}
    deals: dict[tuple[str, str], int] = {}
    for seed in range(60):
        env.reset(seed)
        [turn] = env.turns()
        place = (turn.seat, turn.text)
        chosen.setdefault(place, set()).add(decide(env, turn))
        deals[place] = deals.get(place, 0) + 1
    env.close()
    assert max(deals.values()) > 3
    assert all(len(actions) == 1 for actions in chosen.values())


def test_a_policy_is_given_a_place_without_an_environment() -> None:
    assert {each.name for each in fields(PolicyPlace)} == {
        *("agent", "seat", "card", "stream", "asking", "model", "decide", "advisor")
    }


def test_a_heuristic_for_what_has_none_is_refused() -> None:
    pong = find_card("atari/pong_v3")
    with pytest.raises(UsageError, match="No heuristic plays atari/pong_v3"):
        HeuristicPolicy(pong, Stream.of(1))
    with pytest.raises(UsageError, match="No heuristic plays"):
        check_fit("heuristic", pong)
    with pytest.raises(UsageError, match="--env"):
        check_fit("heuristic", None)
    check_fit("random", None)


def test_an_agent_that_is_a_heuristic_remembers_nothing_it_has_no_use_for(tmp_path: Path) -> None:
    world = World(tmp_path)
    settings = {"model": "heuristic", "rival": "heuristic"}
    report = world.play(world.plan(env_id="classic/tictactoe_v3", settings=settings))
    episode = world.db.episode(report.finished[0])
    steps = world.db.steps(episode.episode_id)
    world.close()
    assert {part.player for part in episode.participations} == {"ada", "heuristic"}
    assert {step.source for step in steps} == {"scripted"}
    assert is_fixed("heuristic")
    assert Settings.model_validate(episode.participations[0].settings.get("settings", {})) is not None


def test_sides_are_teams_or_single_roles() -> None:
    assert list_sides(find_card("mpe/simple_crypto_v3")) == [("eve",), ("bob", "alice")]
    assert list_sides(find_card("classic/go_v5")) == [("black",), ("white",)]


def make_row(mean: float, half_width: float = 0.1) -> Row:
    card = find_card("classic/chess_v6")
    return Row(env_id=card.env_id, role="player", mean=mean, sd=0.5, episodes=9, random=0.0, half_width=half_width)


def test_only_what_beats_random_play_becomes_a_reference(tmp_path: Path) -> None:
    known = {("classic/chess_v6", "player"): Reference(mean=0.4, sd=0.1, episodes=2)}
    assert merge_references(known, [make_row(0.05)]) == {}
    merged = merge_references(known, [make_row(0.9)])
    write_references(tmp_path / "found.toml", merged)
    assert load_references(tmp_path / "found.toml") == {
        ("classic/chess_v6", "player"): Reference(mean=0.9, sd=0.5, episodes=9)
    }


@every_game
def test_every_role_but_of_even_games_has_a_reference_above_random_play(env_id: str) -> None:
    card = find_card(env_id)
    for role, floor in card.baseline.items():
        found = reference(card, role)
        assert (found is None) == (env_id in EVEN)
        if found is not None:
            assert found.mean > floor.mean
            assert normalise(card, role, floor.mean) == 0.0
            assert normalise(card, role, found.mean) == pytest.approx(1.0)


def test_what_has_no_reference_is_not_normalised() -> None:
    assert normalise(find_card("classic/rps_v2"), "player", 3.0) is None
    assert reference(find_card("atari/pong_v3"), "first") is None
