"""Every key of the interface, by the name under which a keymap may change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from textual.binding import Binding

from langgym.errors import UsageError


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does."""

    keys: str
    """As Textual names them, apart by commas."""
    words: str
    shown: bool = True
    """Whether the footer shows it."""


KEYS: Mapping[str, Key] = {
    # everywhere
    "quit": Key("q,ctrl+q", "Quit", shown=False),
    "back": Key("escape", "Back"),
    "help": Key("question_mark,f1", "Help"),
    "jump": Key("ctrl+o", "Jump to a part", shown=False),
    "goto": Key("colon", "Go to", shown=False),
    "retry": Key("r", "Read again", shown=False),
    "copy": Key("y", "Copy", shown=False),
    "copy-json": Key("Y", "Copy as JSON", shown=False),
    "pager": Key("o", "Pager", shown=False),
    "agents": Key("1", "Agents", shown=False),
    "episodes": Key("2", "Episodes", shown=False),
    "memories": Key("3", "Memories", shown=False),
    "strategies": Key("4", "Strategies", shown=False),
    "universe": Key("5", "Universe", shown=False),
    "live": Key("6", "Live", shown=False),
    "compare": Key("7", "Compare", shown=False),
    "cost": Key("8", "Cost", shown=False),
    "ratings": Key("9", "Ratings", shown=False),
    # lists and texts
    "down": Key("j,down", "Down", shown=False),
    "up": Key("k,up", "Up", shown=False),
    "page-down": Key("pagedown,ctrl+f", "Page down", shown=False),
    "page-up": Key("pageup,ctrl+b", "Page up", shown=False),
    "first": Key("g,home", "First", shown=False),
    "last": Key("G,end", "Last", shown=False),
    "choose": Key("enter", "Open"),
    "fold": Key("space", "Fold", shown=False),
    "filter": Key("slash", "Filter"),
    "order": Key("s", "Order"),
    # parts of a screen
    "next-tab": Key("l", "Next tab", shown=False),
    "previous-tab": Key("h", "Previous tab", shown=False),
    "next-subject": Key("right_square_bracket", "Next environment, agent or run", shown=False),
    "previous-subject": Key("left_square_bracket", "Previous environment, agent or run", shown=False),
    # replay
    "next-step": Key("right_square_bracket,right", "Next step"),
    "previous-step": Key("left_square_bracket,left", "Previous step"),
    "next-own": Key("right_curly_bracket", "Next of this seat", shown=False),
    "previous-own": Key("left_curly_bracket", "Previous of this seat", shown=False),
    "play": Key("p", "Play"),
    "faster": Key("plus", "Faster", shown=False),
    "slower": Key("minus", "Slower", shown=False),
    "follow": Key("f", "Follow"),
    "diff": Key("d", "Whole prompt or what changed", shown=False),
    "taught": Key("t", "What it taught", shown=False),
    "recalled": Key("m", "Recalled memories", shown=False),
    # memories and strategies
    "search": Key("S", "Search by meaning"),
    "pin": Key("P", "Pin or unpin", shown=False),
    "edit": Key("e", "Edit", shown=False),
    "save": Key("ctrl+s", "Save"),
    "retire": Key("x", "Retire or restore", shown=False),
    "undo": Key("u", "Undo", shown=False),
    "birth": Key("b", "Where it was born", shown=False),
    # curves
    "mark": Key("space", "Mark"),
    "next-point": Key("right,l", "Next point", shown=False),
    "previous-point": Key("left,h", "Previous point", shown=False),
    "numbers": Key("n", "As numbers"),
    "next-env": Key("right_square_bracket", "Next environment", shown=False),
    "previous-env": Key("left_square_bracket", "Previous environment", shown=False),
}


def bind(name: str, action: str | None = None, *, words: str | None = None) -> Binding:
    """Returns the binding of a key to an action, which is called like the key unless it is named."""
    key = KEYS[name]
    return Binding(key.keys, action or name.replace("-", "_"), words or key.words, show=key.shown, id=name)


def check_keymap(keymap: Mapping[str, str]) -> None:
    """Raises `UsageError` where a keymap names what is no key here."""
    for name in keymap:
        if name not in KEYS:
            near = get_close_matches(name, KEYS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"No key is called {name!r}.{meant} The names are: {', '.join(KEYS)}.")
