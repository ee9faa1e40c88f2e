"""Cards of the Atari games: boards."""

from universe.card import Baseline, EnvCard
from universe.cards.atari import SCREEN, atari_card

_TURNS = " The game waits for a decision; your hand is moved for you until it is carried out."


def _tell_cells(card: EnvCard) -> EnvCard:
    """Returns a card whose rules say nothing of pixels, since its texts give cells."""
    return card.model_copy(update={"rules": card.rules.replace(SCREEN, "").strip()})


OTHELLO = _tell_cells(
    atari_card(
        env_id="atari/othello_v3",
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
            "first": Baseline(mean=0, sd=1, episodes=1),
            "second": Baseline(mean=0, sd=1, episodes=1),
        },
        typical_turns=30,
        trains=("planning", "tactics"),
    )
)

ATARI_BOARDS: tuple[EnvCard, ...] = (OTHELLO,)
