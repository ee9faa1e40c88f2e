"""Words for values that many tables show: times, spans, returns."""

from datetime import datetime


def format_time(time: datetime | None) -> str:
    """Returns a time in the local zone, to the minute."""
    return "never" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M")


def format_span(seconds: float) -> str:
    """Returns a span of time in its two largest units.

    >>> [format_span(seconds) for seconds in (0.25, 59.6, 61, 3600, 90_061)]
    ['0.2 s', '1 min 0 s', '1 min 1 s', '1 h 0 min', '1 d 1 h']
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, small, lesser in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {lesser}"
    return f"{whole} s"


def tell_times(n: int, verb: str = "") -> str:
    """Returns how often something came, or was done.

    >>> tell_times(0), tell_times(1), tell_times(1200, "helped"), tell_times(0, "helped")
    ('never', 'once', 'helped 1,200 times', 'never helped')
    """
    often = {0: "never", 1: "once"}.get(n, f"{n:,} times")
    return f"{often} {verb}".strip() if n == 0 else f"{verb} {often}".strip()


def format_return(total: float | None) -> str:
    """Returns a return with its sign.

    >>> format_return(1.0), format_return(None)
    ('+1.00', '-')
    """
    return "-" if total is None else f"{total:+.2f}"


def format_interval(low: float | None, high: float | None) -> str:
    """Returns an interval; an empty text where it is not known."""
    return "" if low is None or high is None else f"[{low:+.2f}, {high:+.2f}]"
