"""Logs: one line for each thing that happened, with its ids; never a text, a token or a whole address."""

import json
import logging
import sys
import traceback
from collections.abc import Collection, Mapping
from io import TextIOBase
from typing import TextIO, cast

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError
from structlog.typing import ExcInfo, Processor

from gateway.redacting import HIDDEN, Redaction

PLACES = 8  # lines of source, the innermost, that tell where an error came from

QUOTING = ("opentelemetry", "pgqueuer", "urllib3", "requests")  # libraries whose lines quote settings or addresses
OUTSIDERS_ERRORS = (HttpProcessingError, web.RequestPayloadError, ConnectionError)


def set_up_logs(secrets: Collection[str] = ()) -> None:
    """Write readable lines to a terminal and JSON lines elsewhere, on standard error: ours and every library's. None
    of these secrets, no credential and no whole phone number is ever in one (`Redaction`)."""
    stream = forgiving(sys.stderr)
    last = console() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(told),
        Redaction(secrets),
    ]
    structlog.configure(
        processors=[*steps, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *names: structlog.PrintLogger(stream),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[libraries_handler(stream, steps, last)], force=True)
    logging.getLogger("aiohttp.server").addFilter(calm)
    logging.getLogger("pgqueuer").addFilter(SELDOM)


class Forgiving(TextIOBase):
    """Writes to ``stream``. What it does not take (its disk is full, its reader is gone) is lost, and how much that
    was is told once it takes something again: whoever logs goes on with their work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0

    def write(self, text: str) -> int:
        """Write all of it, or count it as lost."""
        told = json.dumps({"event": "log_lost", "writes": self._lost, "level": "error"}) + "\n" if self._lost else ""
        try:
            self._stream.write(told + text)
            self._stream.flush()
        except OSError:
            self._lost += 1
        else:
            self._lost = 0
        return len(text)


def forgiving(stream: TextIO) -> TextIO:
    """The stream as one that never raises OSError."""
    return cast(TextIO, Forgiving(stream))


def console() -> Processor:
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def libraries_handler(stream: TextIO, steps: list[Processor], last: Processor) -> logging.Handler:
    """Writes what libraries log in the form of our own lines, with the logger's name."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(wary)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *steps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    return handler


def told(exc_info: ExcInfo) -> str:
    """An error's kind and where it came from, on one line. Its message may quote what an outsider sent."""
    kind, _, frames = exc_info
    places = [f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(frames)]
    return " < ".join([kind.__qualname__, *reversed(places[-PLACES:])])


def wary(record: logging.LogRecord) -> bool:
    """What sends traces quotes what it can't read, which may be a secret: its words stay, and numbers."""
    if record.name.partition(".")[0] in QUOTING and record.args:
        given = record.args
        record.args = (
            {name: _unquoted(one) for name, one in given.items()}
            if isinstance(given, Mapping)
            else tuple(map(_unquoted, given))
        )
    return True


def _unquoted(given: object) -> object:
    if isinstance(given, int | float):
        return given
    return type(given).__qualname__ if isinstance(given, BaseException) else HIDDEN


class Seldom(logging.Filter):
    """Lets the same words through once in so many ``seconds``: what is tried again and again while a database is away
    fails each time, and our own parts say so already."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._told: dict[object, float] = {}  # by the words without what they are filled with, so there are few

    def filter(self, record: logging.LogRecord) -> bool:
        due = record.created >= self._told.get(record.msg, 0.0) + self._seconds
        if due:
            self._told[record.msg] = record.created
        return due


SELDOM = Seldom(60.0)


def calm(record: logging.LogRecord) -> bool:
    """HTTP that is malformed or breaks off is an outsider's doing: a warning, and no place in our source tells why."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, OUTSIDERS_ERRORS):
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        record.msg, record.args = f"broken_http: {type(error).__name__}", ()
    return True
