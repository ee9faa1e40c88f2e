"""Cards of the classic games in which everything is open, and of rock paper scissors."""

from universe.card import Baseline, EnvCard

_REQUIRES = "pettingzoo[classic]"

TICTACTOE = EnvCard(
    env_id="classic/tictactoe_v3",
    title="Tic-tac-toe",
    summary="Three in a row on a board of three by three.",
    rules=(
        "Two players in turn put their mark on a free cell of a 3 by 3 board. Whoever has three marks in a row, column "
        "or diagonal wins. If the board is full and nobody has three in a line, the game is a draw."
    ),
    seats=("player_1", "player_2"),
    min_seats=2,
    max_seats=2,
    simultaneous=False,
    horizon="At most 9 moves.",
    typical_turns=4,
    reward="+1 for a win, -1 for a loss, 0 for a draw, at the end.",
    trains=("planning", "tactics"),
    roles={"player_1": "player", "player_2": "player"},
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=0.93, episodes=1000)},
    seeded=False,
    module="pettingzoo.classic.tictactoe.tictactoe",
    renderer="universe.renderers.tictactoe:TicTacToeRenderer",
    requires=_REQUIRES,
)

BOARDS: tuple[EnvCard, ...] = (TICTACTOE,)
