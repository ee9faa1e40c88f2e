"""Plans: a stick held several times and another one after it, numbered as one action."""

TIMES = (1, 2, 3, 5)
"""How often a plan may repeat its first stick."""


def count_plans(n_sticks: int) -> int:
    """Returns how many plans there are with so many sticks on offer."""
    return n_sticks * len(TIMES) * (n_sticks + 1)


def plan_sticks(action: int, n_sticks: int) -> list[int]:
    """Returns the sticks of a plan in order, each for one hold.

    >>> plan_sticks(17, 6)
    [0, 0, 0, 2]
    """
    first, times, then = split_plan(action, n_sticks)
    return [first] * times + ([] if then is None else [then])


def split_plan(action: int, n_sticks: int) -> tuple[int, int, int | None]:
    """Returns a plan's first stick, how often it is held, and the stick after it, `None` for none.

    >>> split_plan(0, 6), split_plan(count_plans(6) - 1, 6)
    ((0, 1, None), (5, 5, 5))
    """
    rest, then = divmod(action, n_sticks + 1)
    first, times = divmod(rest, len(TIMES))
    return first, TIMES[times], then - 1 if then else None
