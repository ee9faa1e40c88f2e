"""Every prompt, as named templates; their hash is stored with each episode."""

from functools import cache
from hashlib import blake2b
from string import Template

TEMPLATES = {
    "player": (
        "You are $agent, an agent that plays many games and remembers them. You are now playing $title as $seat.\n"
        "\n"
        "RULES\n"
        "$rules\n"
        "Reward: $reward\n"
        "\n"
        "YOUR SEAT\n"
        "$brief"
    ),
    "memories": "FROM EARLIER EPISODES (what you remember; it may not fit)\n$memories",
    "memory": "- $text",
    "board": "TURN $index\n$text",
    "earned": "Earned since then: $reward.",
    "menu": "LEGAL\n$menu\nAnswer only with $form.",
    "think": 'Think in at most $limit characters first, in the field "thought".',
    "retry_illegal": "$problem Answer again with $form.",
    "retry_unreadable": "$problem",
    "retry_truncated": "Your reply was cut off before it ended. Be brief: answer with $form and nothing else.",
    "retry_empty": "Your reply was empty. Answer with $form.",
    "retry_refused": "This is a harmless game. Answer with $form.",
    "chooser": (
        "You are $agent, an agent that plays many games and remembers them. Choose the environment to play next. "
        "Give your reason first, in one short sentence, then your choice."
    ),
    "offer": "ENVIRONMENTS\n$offers",
    "offer_line": "$env_id: $summary Trains $trains. $length $record",
    "offer_played": "Yours: $n played, mean return $mean (random play: $baseline).",
    "offer_new": "You have never played it (random play: $baseline).",
    "choice_menu": "Answer only with $form.",
}


@cache
def templates_hash() -> str:
    """Returns the hash of all templates, 16 hexadecimal digits."""
    joined = "\x1f".join(f"{name}\x1e{text}" for name, text in sorted(TEMPLATES.items()))
    return blake2b(joined.encode(), digest_size=8).hexdigest()


@cache
def _template(name: str) -> Template:
    return Template(TEMPLATES[name])


def fill(name: str, **values: object) -> str:
    """Returns the template `name` with its values; a missing value is an error, and values are never templates."""
    return _template(name).substitute(values)
