"""Templates that make one text of a prompt, for models that complete text."""

from collections.abc import Sequence
from typing import Literal, get_args

from langgym.models.chat import Message
from langgym.models.dialects import join_messages

TemplateName = Literal["plain", "alpaca", "chat"]
TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)
LEAD = "Answer:"
"""What has already been said when a label comes next; a label follows after a space."""


def write_prompt(template: TemplateName, messages: Sequence[Message]) -> str:
    r"""Returns the text of `messages`, up to where the model goes on; `chat` is the engine's own and not written here.

    `plain` is the texts one below the other. `alpaca` has what a system says as the instruction and all else as its
    input, under the headings of Alpaca's training data (Taori et al. 2023).

    >>> write_prompt("plain", [Message(role="system", section="rules", text="Play.")])
    'Play.\n\n'

    Raises:
        ValueError: The template is `chat`.
    """
    joined = join_messages(messages)
    if template == "plain":
        return "".join(f"{each['content']}\n\n" for each in joined)
    if template == "alpaca":
        order = "\n\n".join(each["content"] for each in joined if each["role"] == "system")
        given = "\n\n".join(each["content"] for each in joined if each["role"] != "system")
        parts = [("Instruction", order or given), ("Input", given if order else "")]
        return "".join(f"### {head}:\n{text}\n\n" for head, text in parts if text) + "### Response:\n"
    raise ValueError("The template 'chat' is written by the engine that has the weights.")
