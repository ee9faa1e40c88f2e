"""What an answer over the wire means in a turn, also when it is said again."""

from universe.errors import AnswerError, IllegalAction, UniverseError
from universe.service.contracts import KeptAnswer, Play
from universe.service.wire import Accepted, AnswerBody
from universe.text_env import Turn


def read_answer(turn: Turn, body: AnswerBody, ordinal: int) -> KeptAnswer:
    """Returns an answer as it is kept, also one that does not count.

    Raises:
        EnvFault: The environment has no words for its actions.
    """
    said = body.reply if body.reply is not None else str(body.action)[:20]
    try:
        if body.reply is not None:
            action = turn.menu.parse(body.reply).action
        else:
            action, said = _check(turn, body.action)
    except AnswerError as error:
        outcome = "illegal" if isinstance(error, IllegalAction) else "unreadable"
        return KeptAnswer(
            seat=turn.seat,
            turn=turn.number,
            ordinal=ordinal,
            outcome=outcome,
            reply=said,
            problem=str(error),
            action=None,
        )
    return KeptAnswer(
        seat=turn.seat, turn=turn.number, ordinal=ordinal, outcome="ok", reply=said, problem=None, action=action
    )


def says_again(play: Play, body: AnswerBody) -> bool:
    """Whether an answer is the one that was played in its turn."""
    if play.turn.number != body.turn or play.action is None or play.source not in ("guest", "kept"):
        return False
    if body.reply is None:
        return body.action == play.action
    try:
        return play.turn.menu.parse(body.reply).action == play.action
    except UniverseError:
        return False


def accept(play: Play) -> Accepted:
    """Returns what is said to an answer that counts."""
    assert play.action is not None
    return Accepted(turn=play.turn.number, action=play.action, name=play.turn.name(play.action))


def _check(turn: Turn, action: int | None) -> tuple[int, str]:
    """Returns a legal action and its name."""
    if action is None or action not in turn.view.legal:
        raise IllegalAction(f"{str(action)[:20]} is not the number of a legal action now.")
    return action, turn.name(action)
