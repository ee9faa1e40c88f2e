"""Prompts that are shortened before they are asked, and say so in the attempt."""

from collections.abc import Sequence

from langgym.asking import AskSettings, MemoryLedger, ask_menu
from langgym.models.chat import Message
from langgym.models.compaction import Size
from langgym.models.doubles import RateCall, RatingDouble
from langgym.rating import ask_shares
from universe.menu import Menu

MEMORIES = "EARLIER\n" + "\n".join(f"- memory number {number}" for number in range(50))
PROMPT = (
    Message(role="system", section="rules", text="Play."),
    Message(role="user", section="memories", text=MEMORIES),
    Message(role="user", section="board", text="An empty board."),
)
MENU = Menu([0, 1], lambda action: ("left" if action == 0 else "right",))


class Small(RatingDouble):
    """A double with a context of a hundred words."""

    def __init__(self) -> None:
        super().__init__(lambda call: [1.0] * len(call.labels), ['{"action": "left"}'])

    def measure(self, messages: Sequence[Message]) -> Size | None:
        return Size(tokens=sum(len(each.text.split()) for each in messages), context=100)


def find_sections(messages: Sequence[Message]) -> list[str]:
    return [each.section for each in messages]


def test_attempt_says_what_was_left_out_of_its_prompt() -> None:
    model = Small()
    asked = ask_menu(model, MENU, PROMPT, ledger=MemoryLedger(), settings=AskSettings(max_tokens=10), seed=1)
    [attempt] = asked.attempts
    told = [each.text for each in attempt.prompt if each.section == "left_out"]
    assert told == ["(Left out for lack of room: 32 lines of memory.)"]
    assert model.calls[0].messages == attempt.prompt


def test_rating_reads_the_shortened_prompt_that_is_stored() -> None:
    model = Small()
    rated = ask_shares(model, PROMPT, ["left", "right"], ledger=MemoryLedger(), seed=1)
    [call] = model.rate_calls
    assert isinstance(call, RateCall)
    assert find_sections(call.messages) == ["rules", "memories", "left_out", "board"]
    assert rated.attempts[0].prompt == call.messages


def test_prompt_that_fits_is_asked_as_it_is() -> None:
    model = Small()
    short = (PROMPT[0], PROMPT[2])
    ask_menu(model, MENU, short, ledger=MemoryLedger(), settings=AskSettings(max_tokens=10), seed=1)
    assert model.calls[0].messages == short
