"""A watch over every log line of the suite: none holds what a person wrote, a token, a secret or a whole number.

Lines are taken as our code gives them to structlog, before `gateway.redacting` could hide anything, and as libraries
give them to logging; of processes of their own, as they wrote them.
"""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from structlog import _base

from channels.base import InboundMessage, KeptRequest, OutboundMessage

SHORTEST = 8  # characters of a text that is looked for; a shorter one is a word that any line may hold
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SECRET = re.compile(
    r"xox[a-z]-\w+|(?:Bearer|Basic) [\w+/=.-]{8,}"
    r"|(?:api|auth|service|signing|twilio|slack|bot)-(?:token|secret)|token-of-|secret-of-"
)


@dataclass
class Watch:
    """What one test said and what it logged."""

    texts: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def leaks(self) -> Iterator[str]:
        """Each line that holds what it must not, with what that is."""
        for line in self.lines:
            for leak in (*NUMBER.findall(line), *SECRET.findall(line), *(text for text in self.texts if text in line)):
                yield f"{leak!r} in {line!r}"

    def begin(self) -> None:
        """A new test."""
        self.texts.clear()
        self.lines.clear()

    def tell(self, text: str) -> None:
        """A person wrote this, or is written this."""
        if len(text) >= SHORTEST and " " in text.strip():
            self.texts.add(text)

    def written(self, output: str) -> None:
        """A process wrote this: the log lines are those that are JSON and have a level."""
        self.lines += [line for line in output.splitlines() if line.startswith("{") and '"level"' in line]


WATCH = Watch()


class Listener(logging.Handler):
    """Hears what libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        WATCH.lines.append(f"{record.name}: {record.getMessage()}")


def listen() -> None:
    """From now on everything is heard, and nothing printed but what fails: called once, before the first test."""
    structlog.configure(
        logger_factory=structlog.ReturnLoggerFactory(), processors=[structlog.processors.KeyValueRenderer()]
    )
    given = _base.BoundLoggerBase._process_event

    def heard(self: Any, method: str, event: str | None, more: dict[str, Any]) -> Any:
        WATCH.lines.append(f"{event} {json.dumps({**self._context, **more}, default=str, ensure_ascii=False)}")
        return given(self, method, event, more)

    _base.BoundLoggerBase._process_event = heard  # type: ignore[method-assign]
    _watch_texts(InboundMessage, "text")
    _watch_texts(KeptRequest, "body")
    _watch_texts(OutboundMessage, "text")


def _watch_texts(kind: Any, attribute: str) -> None:
    """Remember the text of each of these that is ever made."""
    how = "__new__" if issubclass(kind, tuple) else "__init__"
    made = getattr(kind, how)

    def remembered(one: Any, *args: Any, **kwargs: Any) -> Any:
        done = made(one, *args, **kwargs)
        WATCH.tell(getattr(done or one, attribute))
        return done

    setattr(kind, how, remembered)
