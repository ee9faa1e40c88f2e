"""Names of the console's colours."""

from functools import cache

HUES = (
    "grey",
    "gold",
    "orange",
    "red-orange",
    "red",
    "purple",
    "violet",
    "indigo",
    "blue",
    "azure",
    "light-blue",
    "teal",
    "green",
    "lime",
    "olive",
    "tan",
)
"""By the high half of a palette index: the sixteen hues of the NTSC console."""

_GREYS = ("black", "dark-grey", "dark-grey", "grey", "grey", "light-grey", "light-grey", "white")


@cache
def name_color(index: int) -> str:
    """Returns the name of a palette index: a hue, dark or pale where its luminance is.

    >>> name_color(0x0E), name_color(0xC8), name_color(0x40)
    ('white', 'green', 'dark-red')
    """
    hue, luminance = index >> 4, (index & 15) >> 1
    if hue == 0:
        return _GREYS[luminance]
    shade = "dark-" if luminance < 2 else "pale-" if luminance == 7 else ""
    return f"{shade}{HUES[hue]}"
