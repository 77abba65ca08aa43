"""The second line of defence of the logs: whatever a line was going to say, a number is cut and a secret is hidden."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from structlog.typing import EventDict, WrappedLogger

HIDDEN = "[hidden]"
SHOWN_FIRST, SHOWN_LAST = 6, 2  # characters of a number that tell operators of one from another
MAX_DEPTH = 10  # lists and tables within one another that are looked through; deeper ones are hidden whole

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
_CREDENTIAL = re.compile(r"\bxox[a-z]-[\w-]+|\b(?:Bearer|Basic)\s+[\w+/=.~-]+", re.IGNORECASE)


class Redaction:
    """A step of structlog that hides these secrets, what looks like a credential, and the middle of phone numbers."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        longest_first = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        known = "|".join(map(re.escape, longest_first))
        self._secret = re.compile(f"{known}|{_CREDENTIAL.pattern}" if known else _CREDENTIAL.pattern, re.IGNORECASE)

    def __call__(self, logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        return {name: self._clean(value) for name, value in line.items()}

    def text(self, text: str) -> str:
        """The text as it may be shown."""
        return _NUMBER.sub(_cut, self._secret.sub(HIDDEN, text))

    def _clean(self, value: Any, depth: int = 0) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if depth == MAX_DEPTH:
            return HIDDEN
        if isinstance(value, Mapping):
            return {self._clean(name, depth + 1): self._clean(inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(inner, depth + 1) for inner in value]
        return value if isinstance(value, int | float | None) else self.text(str(value))


def _cut(number: re.Match[str]) -> str:
    return f"{number[0][:SHOWN_FIRST]}…{number[0][-SHOWN_LAST:]}"
