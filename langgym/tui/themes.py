"""Themes of our own: one whose colours those see apart who see red and green alike."""

from textual.theme import Theme

DEFAULT = "textual-dark"
COLOURBLIND = Theme(
    name="langgym-colourblind",
    # Okabe and Ito (2008), "Color Universal Design": colours that stay apart in all common kinds of colour blindness.
    primary="#0072B2",
    secondary="#56B4E9",
    accent="#F0E442",
    warning="#E69F00",
    error="#D55E00",
    success="#56B4E9",
    foreground="#e8e8e8",
    background="#101418",
    surface="#161b20",
    panel="#222a32",
)
