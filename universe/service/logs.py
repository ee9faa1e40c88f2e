"""Logs as JSON lines: what happened, when, and for which request; never a token, never what a seat alone may know."""

import json
import logging
import sys
import time
from typing import Any, TextIO

NAMES = ("universe.service", "uvicorn", "mcp")
"""Loggers of everything that serves."""
SHOWN = ("request_id", "method", "route", "status", "ms", "client", "table", "error", "place", "url", "signal")
"""What a line may have beside its time, level and event."""


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON in ASCII, so that nothing in it can end the line or steer a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line; of an exception its kind and place, since its text may tell what was sent."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage()[:500],
        }
        line.update({name: value for name in SHOWN if (value := getattr(record, name, None)) is not None})
        if record.exc_info is not None and record.exc_info[1] is not None:
            line.update(describe_error(record.exc_info[1]))
        return json.dumps(line, default=repr)


def setup_logs(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Sends what the service logs to stderr, once."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name in NAMES:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level if name == NAMES[0] else "WARNING")


def describe_error(error: BaseException) -> dict[str, str]:
    """Returns the kind of an error and the line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "?"
    return {"error": type(error).__name__, "place": place}
