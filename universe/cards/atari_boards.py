"""Cards of the Atari games: boards."""

from universe.card import Baseline, EnvCard, Kwarg
from universe.cards.atari import SCREEN, atari_card

_HAND = "The game waits for a decision;"
"""How the sentence begins that says that decisions are carried out by a hand."""


def _tell_cells(card: EnvCard) -> EnvCard:
    """Returns a card that says nothing of pixels, since its texts give cells; games that do not wait do not say so."""
    rules, _, hand = card.rules.replace(SCREEN, "").partition(_HAND)
    return card.model_copy(update={"rules": (rules if card.simultaneous else f"{rules}{_HAND}{hand}").strip()})


OTHELLO = _tell_cells(
    atari_card(
        env_id="atari/othello_v3",
        seeded=False,
        title="Othello (Atari)",
        summary="Discs on a board of eight by eight; what is caught between two of a colour turns to it.",
        rules=(
            "Two players in turn place a disc on a free place of an 8 by 8 board so that at least one straight line "
            "of the rival's discs, in any of the 8 directions, lies between the new disc and another own disc. All "
            "discs of all such lines turn. Who has no such place is passed over. When neither has one the game is "
            "over, usually with a full board."
        ),
        reward=(
            "Every change of the difference in discs is paid at once: 1 for the disc placed and 2 for each disc "
            "turned, the same taken from the rival, so the return is the final difference in discs. There is nothing "
            "more for winning."
        ),
        renderer="universe.renderers.atari.othello:OthelloRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
        frames=16,
        warm_sticks=False,
        in_turns=True,
        controls="universe.atari.othello:OthelloHand",
        plans=False,
        max_turns=120,
        horizon="At most 60 discs are placed.",
        baseline={
            "first": Baseline(mean=-2.18, sd=17.4, episodes=100),
            "second": Baseline(mean=2.18, sd=17.4, episodes=100),
        },
        typical_turns=30,
        trains=("planning", "tactics"),
    )
)

CHECKERS = _tell_cells(
    atari_card(
        env_id="atari/video_checkers_v4",
        seeded=False,
        title="Checkers (Atari)",
        summary="Men move and jump along diagonals; who loses all of them loses.",
        rules=(
            "Two players in turn move a man one square diagonally forwards to a free dark square; each has 12. A man "
            "next to a rival's with a free square behind it jumps over it, forwards, and takes it. Who can jump must; "
            "which jump is free. A man that can jump again after a jump must: that is a decision of its own. A man "
            "that reaches the last row becomes a king, which ends the move; kings step and jump backwards too. Who "
            "has no men left has lost. Who has men but no move is stuck: the cartridge would wait for ever, so the "
            "only action is to stop the game, and nobody is paid. There is no draw by repetition."
        ),
        reward=(
            "+1 for taking the rival's last man, -1 for losing one's own last man. Besides, the engine takes 1 from "
            "one of the seats each time its clock reaches 10 seconds; it mistakes whose turn it is, so it charges "
            "either seat, through no fault of its own, up to ten times in a game."
        ),
        renderer="universe.renderers.atari.checkers:CheckersRenderer",
        sticks=("NOOP", "FIRE", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
        frames=16,
        warm_sticks=False,
        in_turns=True,
        controls="universe.atari.checkers:CheckersHand",
        plans=False,
        wins=False,
        max_turns=200,
        horizon="A game of random play takes some 50 moves of both sides together.",
        baseline={
            "first": Baseline(mean=-0.283, sd=1.21, episodes=60),
            "second": Baseline(mean=-7.4, sd=5.33, episodes=60),
        },
        typical_turns=33,
        trains=("planning", "tactics"),
    )
)

FLAGS = _tell_cells(
    atari_card(
        env_id="atari/flag_capture_v2",
        seeded=False,
        title="Flag capture (Atari)",
        summary="Two men look for a hidden flag by arrows and distances.",
        rules=(
            "A flag lies hidden in one of 9 by 7 cells. In turn each seat names a cell, and its man walks there and "
            "looks; both seats see what it finds. An arrow points to the flag: straight where the flag is in the same "
            "row or column, else diagonally, which only says on which side and whether above or below. A number is "
            "the distance: the larger of the rows and the columns between, not counted round the edges. A bomb tells "
            "nothing and sends the man back to its corner. Whoever looks where the flag is finds it; then both go "
            "back to their corners, a new flag and new bombs are hidden, and the turn passes as usual. A cell is "
            "looked at once per flag, and nobody can go where the other man stands. Who finds 15 flags ends the game."
        ),
        reward=(
            "second_0 gets 1 for a flag. first_0 is paid by a counter that the engine reads wrongly: 5 for most flags, "
            "-1 for every third or so. The flags found by each are told in the text."
        ),
        renderer="universe.renderers.atari.flags:FlagRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
        frames=16,
        warm_sticks=False,
        in_turns=True,
        controls="universe.atari.flags:FlagHand",
        plans=False,
        wins=False,
        max_turns=200,
        horizon="It ends when somebody has found 15 flags, which takes far more looks in random play.",
        baseline={
            "first": Baseline(mean=10.5, sd=4.07, episodes=40),
            "second": Baseline(mean=3.13, sd=1.45, episodes=40),
        },
        typical_turns=100,
        trains=("planning", "prediction"),
    )
)

SURROUND = _tell_cells(
    atari_card(
        env_id="atari/surround_v2",
        title="Surround (Atari)",
        summary="Two heads draw trails behind them; who runs into a wall or a trail loses the round.",
        rules=(
            "Both heads move one cell at a time, together, and leave a trail in every cell they leave; they cannot "
            "stand still. A stick turns the head for its next step; a stick back along its own trail changes nothing. "
            "Whoever runs into a wall, a trail or the other head crashes and loses the round, then all trails are "
            "cleared and the heads start again. If both crash in the same step, nobody gets a point. The first to "
            "have 10 points ends the game. A decision is one step of both; a crash and the wait for the next round "
            "belong to the decision that led there. Up to `warm_up` frames are played before the first decision."
        ),
        reward="+1 for a round won, -1 for a round lost.",
        renderer="universe.renderers.atari.surround:SurroundRenderer",
        sticks=("NOOP", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=15,
        controls="universe.atari.surround:StepHand",
        plans=False,
        max_turns=500,
        horizon="It ends when a seat has won 10 rounds; rounds of random play take some 10 steps.",
        baseline={
            "first": Baseline(mean=-0.85, sd=4.76, episodes=40),
            "second": Baseline(mean=0.85, sd=4.76, episodes=40),
        },
        typical_turns=212,
        trains=("planning", "tactics", "prediction"),
    )
)

MAZE = _tell_cells(
    atari_card(
        env_id="atari/maze_craze_v3",
        title="Maze craze (Atari)",
        summary="Two figures race through a maze to its exit, past wandering robbers.",
        rules=(
            "Both start in the same cell at the left of a maze of 19 by 12 cells, another one in each episode; "
            "its only exit is a gap in its right border. Who leaves by it first wins. Two robbers wander in the maze: "
            "who meets one is caught and out, and the other may go on. Players do not hinder each other. With "
            "`game_version` race there are no robbers. A decision takes `frames` frames of 1/60 second, 8 for each "
            "cell: it holds a stick and lets it go in the first cell from which another way leads off, at a bend and "
            "at a dead end, so nobody runs past a branching; then it waits. A figure moves from cell to cell and "
            "cannot stop between two."
        ),
        reward="+1 for leaving first, -1 for the other if it is not yet caught; -1 for being caught.",
        renderer="universe.renderers.atari.maze:MazeRenderer",
        sticks=("NOOP", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=32,
        start=90,
        warm_up=0,
        controls="universe.atari.maze:MazeHand",
        plans=False,
        max_turns=300,
        horizon="It ends when somebody leaves or both are caught.",
        variants=(
            Kwarg(
                name="game_version",
                default="robbers",
                meaning="Whether robbers wander in the maze.",
                choices=("robbers", "race"),
            ),
        ),
        baseline={
            "first": Baseline(mean=-1.0, sd=0.0, episodes=100),
            "second": Baseline(mean=-1.0, sd=0.0, episodes=100),
        },
        typical_turns=68,
        trains=("navigation", "planning", "risk"),
    )
)

CUBE = _tell_cells(
    atari_card(
        env_id="atari/tic_tac_toe_3d_v1",
        cartridge="tic_tac_toe_3d",
        n_seats=1,
        title="Tic-tac-toe in three dimensions (Atari)",
        summary="Four in a line on four layers of four by four, against the computer.",
        rules=(
            "The computer has set its first mark when the game begins; then you and it set a mark on a free cell in "
            "turn, at its lowest skill. Whoever has four marks in a line in any direction wins; a full board without a "
            "line is a draw."
        ),
        reward="+1 for a win, -1 for a loss, nothing for a draw.",
        renderer="universe.renderers.atari.cube:CubeRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN"),
        frames=16,
        start=60,
        warm_up=0,
        warm_sticks=False,
        in_turns=True,
        controls="universe.atari.cube:CubeHand",
        plans=False,
        max_turns=40,
        horizon="At most 32 marks of yours.",
        baseline={"first": Baseline(mean=-1.0, sd=0.0, episodes=60)},
        typical_turns=9,
        trains=("planning", "tactics"),
    )
)

BLACKJACK = _tell_cells(
    atari_card(
        env_id="atari/blackjack_v1",
        cartridge="blackjack",
        n_seats=1,
        title="Blackjack (Atari)",
        summary="Bets and cards against a dealer, from 200 chips.",
        rules=(
            "You begin with 200 chips. Bet, then you and the dealer get two cards, one of the dealer's face down. Hit "
            "takes a card, double takes just one for twice the bet and only with two cards, stay ends your hand. Over "
            "21 loses at once; then the dealer plays, and who is nearer to 21 wins the bet; a tie loses. An ace with a "
            "10, jack, queen or king at once wins one and a half bets. Bets between the smallest and the largest are "
            "hit only to within two."
        ),
        reward="Every change of the chips, when it is shown.",
        renderer="universe.renderers.atari.blackjack:BlackjackRenderer",
        sticks=("NOOP", "FIRE"),
        frames=16,
        start=60,
        warm_up=60,
        warm_sticks=False,
        in_turns=True,
        controls="universe.atari.blackjack:BlackjackHand",
        plans=False,
        wins=False,
        max_turns=150,
        horizon="It ends without chips, or with a thousand.",
        baseline={"first": Baseline(mean=-186, sd=49.8, episodes=60)},
        typical_turns=84,
        trains=("risk",),
    )
)

CHESS = _tell_cells(
    atari_card(
        env_id="atari/video_chess_v1",
        cartridge="video_chess",
        n_seats=1,
        title="Chess (Atari)",
        summary="Chess with White against the console's computer at its first level.",
        rules=(
            "Chess by the usual moves, but castling and capturing en passant are not offered to you; a pawn that "
            "reaches the last rank becomes a queen. The computer answers each of your moves. Checkmate ends the game. "
            "Some checkmates, and a stalemate, the cartridge does not see: then the only action is to stop the game, "
            "and nothing is paid."
        ),
        reward="+1 for checkmate by you, -1 for checkmate by the computer.",
        renderer="universe.renderers.atari.chess_game:ConsoleChessRenderer",
        sticks=("NOOP", "FIRE", "UP", "RIGHT", "LEFT", "DOWN", "UPRIGHT", "UPLEFT", "DOWNRIGHT", "DOWNLEFT"),
        frames=16,
        start=60,
        warm_up=0,
        warm_sticks=False,
        in_turns=True,
        controls="universe.atari.chess_game:ChessHand",
        plans=False,
        max_turns=80,
        horizon="Checkmate.",
        baseline={"first": Baseline(mean=-0.933, sd=0.254, episodes=30)},
        typical_turns=20,
        trains=("planning", "tactics"),
    )
)

ATARI_BOARDS: tuple[EnvCard, ...] = (OTHELLO, CHECKERS, FLAGS, SURROUND, MAZE, CUBE, BLACKJACK, CHESS)
