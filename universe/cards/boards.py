"""Cards of the classic games in which everything is open, and of rock paper scissors."""

from universe.card import Baseline, EnvCard, Kwarg

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
    baseline={"player": Baseline(mean=0.0, sd=0.935, episodes=1000)},
    seeded=False,
    module="pettingzoo.classic.tictactoe.tictactoe",
    renderer="universe.renderers.tictactoe:TicTacToeRenderer",
    requires=_REQUIRES,
)

CONNECT_FOUR = EnvCard(
    env_id="classic/connect_four_v3",
    title="Connect four",
    summary="Four in a line on an upright board of seven columns and six rows.",
    rules=(
        "Two players in turn drop a piece into one of 7 columns that is not full; it falls to the lowest free cell of "
        "its column, which has 6. Whoever has four of the own pieces in a row, in a column or on a diagonal wins. If "
        "all 42 cells are full and nobody has four in a line, the game is a draw."
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=2,
    simultaneous=False,
    horizon="At most 42 moves.",
    typical_turns=11,
    reward="+1 for a win, -1 for a loss, 0 for a draw, at the end.",
    trains=("planning", "tactics"),
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=0.999, episodes=1000)},
    seeded=False,
    module="pettingzoo.classic.connect_four.connect_four",
    renderer="universe.renderers.connect_four:ConnectFourRenderer",
    requires=_REQUIRES,
)

CHESS = EnvCard(
    env_id="classic/chess_v6",
    title="Chess",
    summary="Chess from the usual first position; draws are claimed by themselves.",
    rules=(
        "Chess by the usual moves: castling, capturing en passant, promotion of a pawn to queen, rook, bishop or "
        "knight. White moves first. Checkmate wins. The game is a draw at once when: the player to move has no legal "
        "move and is not in check (stalemate); neither side has the pieces to give mate (bare kings, or one knight or "
        "one bishop more, or only bishops on squares of one colour); a position has occurred three times (same "
        "pieces, same player to move, same rights), or the player to move has a move that would make it so; 50 moves "
        "of each side have passed without a capture or a pawn move, or the player to move has a move that would make "
        "it so. Draws are claimed by themselves, whoever would gain by going on. Nobody can resign or offer a draw."
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=2,
    simultaneous=False,
    horizon="Checkmate or a draw; games of random play take some 300 moves of both sides together, seldom over 600.",
    typical_turns=169,
    reward="+1 for a win, -1 for a loss, 0 for a draw, at the end.",
    trains=("planning", "tactics"),
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=0.407, episodes=200)},
    seeded=False,
    module="pettingzoo.classic.chess.chess",
    renderer="universe.renderers.chess_game:ChessRenderer",
    requires=_REQUIRES,
)

GO = EnvCard(
    env_id="classic/go_v5",
    title="Go",
    summary="Go by area scoring, on 9 by 9 where nothing else is asked for.",
    rules=(
        "Black and White in turn place a stone on a free point or pass; Black begins. Stones of one colour next to "
        "each other (not diagonally) form a group; the free points next to it are its liberties. A move takes rival "
        "groups without liberties off the board; a move that would leave the own group without any is not allowed. "
        "Ko: a stone that has just captured a single stone may not itself be captured at once where that would "
        "repeat the position; the point is barred for one turn. Longer repetitions are allowed. Two passes in a row "
        "end the game; nobody can resign. Every stone still on the board counts as alive: a player has one point for "
        "each own stone and for each free point of an area that borders on own stones only, and White has the komi "
        "on top. Black wins with more points than White; equal points, which a whole komi makes possible, are a win "
        "for White. There are no draws."
    ),
    seats=("black_0", "white_0"),
    min_seats=2,
    max_seats=2,
    simultaneous=False,
    horizon=(
        "Two passes in a row. The engine knows no other end; after 400 moves of both sides together the episode is "
        "stopped and has no result (games of random play on 9 by 9 take some 120, on 19 by 19 more than 400)."
    ),
    typical_turns=58,
    max_turns=400,
    kwargs=(
        Kwarg(
            name="board_size",
            default=9,
            meaning="Points on a side of the board.",
            choices=(5, 7, 9, 13, 19),
            per_process=True,
        ),
        Kwarg(name="komi", default=7.5, meaning="Points given to White.", minimum=0.0, maximum=100.0),
    ),
    reward="+1 for a win, -1 for a loss, at the end; nothing where the game is stopped before.",
    trains=("planning", "tactics"),
    results="sign",
    baseline={
        "black": Baseline(mean=-0.232, sd=0.973, episodes=1000),
        "white": Baseline(mean=0.232, sd=0.973, episodes=1000),
    },
    seeded=False,
    module="pettingzoo.classic.go.go",
    renderer="universe.renderers.go:GoRenderer",
    requires=_REQUIRES,
)

RPS = EnvCard(
    env_id="classic/rps_v2",
    title="Rock paper scissors",
    summary="Both choose at the same time, for many rounds against the same rival.",
    rules=(
        "In every round both players choose an action at the same time and then see what the other chose. Rock beats "
        "scissors, scissors beats paper, paper beats rock; the same action is a draw. With five actions spock beats "
        "rock and scissors, lizard beats paper and spock, rock and scissors beat lizard, paper beats spock. With more, "
        "the actions stand on a circle, in the order rock, paper, scissors, spock, lizard, action 6, action 7 and so "
        "on: each beats those that stand 1, 3, 5, … places before it. After the last round the player who has won "
        "more rounds wins; equally many are a draw."
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=2,
    simultaneous=True,
    horizon="15 rounds, or as many as `max_cycles` says.",
    typical_turns=15,
    kwargs=(
        Kwarg(name="num_actions", default=3, meaning="Actions to choose from, an odd number.", choices=(3, 5, 7, 9)),
        Kwarg(name="max_cycles", default=15, meaning="Rounds.", minimum=1, maximum=1000),
    ),
    reward="+1 for every round won, -1 for every round lost, 0 for a draw.",
    hidden="What the rival chooses in the current round.",
    trains=("prediction", "memory"),
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=3.14, episodes=1000)},
    seeded=False,
    module="pettingzoo.classic.rps.rps",
    renderer="universe.renderers.rps:RpsRenderer",
    requires=_REQUIRES,
)

BOARDS: tuple[EnvCard, ...] = (TICTACTOE, CONNECT_FOUR, CHESS, GO, RPS)
"""In the order in which they are listed."""
