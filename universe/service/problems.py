"""What the service refuses, and why: raised by tables and halls, told as problems over HTTP and by tools over MCP."""

from universe.errors import AnswerError, BadKwargs, BadSeat, IllegalAction, MissingExtra, UniverseError, UnknownEnv

TITLES = {
    "bad_request": "The request is not as it should be",
    "unauthorized": "The service's token is missing or wrong",
    "forbidden": "Not from there",
    "misdirected": "The request is for another host",
    "not_found": "There is no such thing, or no right to it",
    "unknown_env": "There is no such environment",
    "bad_method": "The path does not take this method",
    "bad_kwargs": "The environment does not take these keywords",
    "bad_seat": "These are not the seats",
    "missing_extra": "A package is not installed here",
    "env_fault": "The environment failed",
    "taken": "The seat is not open",
    "stale_turn": "The seat does not act in this turn",
    "illegal": "The answer is not a legal action",
    "unreadable": "The answer could not be read",
    "too_large": "The body is too large",
    "headers_too_large": "The headers are too large",
    "media_type": "The body must be JSON",
    "timeout": "The body took too long",
    "limit": "There is too much of it now",
    "draining": "The service is about to stop",
    "internal": "The service failed",
}
"""By code."""


class Refusal(UniverseError):
    """What was asked is not done; the text is for whoever asked."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        attempts_left: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        assert code in TITLES
        super().__init__(detail)
        self.status = status
        """As HTTP has it."""
        self.code = code
        self.detail = detail
        self.attempts_left = attempts_left
        """Of an answer that does not count."""
        self.retry_after = retry_after
        """Seconds after which to try again."""


def not_found() -> Refusal:
    """Returns the one refusal for whatever is unknown, expired or another's."""
    return Refusal(404, "not_found", "There is no such table or seat, or the token gives no right to it.")


def failed() -> Refusal:
    """Returns what is said of a failure of the service; its log has what is not said."""
    return Refusal(500, "internal", "The service failed; its log has the request's id.")


def stale(detail: str) -> Refusal:
    """Returns the refusal of what comes too late, too early, or twice and otherwise."""
    return Refusal(409, "stale_turn", detail)


def faulty() -> Refusal:
    """Returns the refusal of a table whose environment failed; why is for whoever runs the service, as it may tell."""
    return Refusal(409, "env_fault", "The environment failed, and the table has ended without a result.")


def misfit(error: UniverseError) -> Refusal:
    """Returns the refusal that an error of the universe means."""
    text = str(error)
    match error:
        case Refusal():
            return error
        case UnknownEnv():
            return Refusal(404, "unknown_env", text)
        case BadKwargs():
            return Refusal(422, "bad_kwargs", text)
        case BadSeat():
            return Refusal(422, "bad_seat", text)
        case MissingExtra():
            return Refusal(422, "missing_extra", text)
        case AnswerError():
            return Refusal(422, "illegal" if isinstance(error, IllegalAction) else "unreadable", text)
        case _:
            return faulty()
