"""Patterns for `matches`: a part of regular expressions for which no text can make the search slow.

A repeat may stand only behind a single character, class or dot, never behind a group, and the product of all repeats
is bounded: a search then takes at most about ``MAX_WORK`` steps for each character at which it starts. A { that
begins no repeat we can read is refused, as Python takes {,} and {0000000000,} for repeats, too.
"""

import re
from functools import lru_cache

MAX_PATTERN = 100
MAX_TEXT = 500
MAX_WORK = 2_500

TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|[^\]\[\\])*\])|(?P<group>\((?:\?:)?)|(?P<close>\))"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]{1,9}(?:,[0-9]{0,9})?\})\??)|(?P<bar>\|)|(?P<edge>[\^$])|(?P<one>[^\\\[{])",
    re.DOTALL,
)
_SET_ALGEBRA = re.compile(r"--|&&|~~|\|\|")
_ESCAPES = set("dDwWsSbB.^$*+?{}[]()|\\/-")


class PatternRefused(Exception):
    """The pattern is not allowed; says why, for operators."""


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> "re.Pattern[str]":
    """The pattern, ignoring upper and lower case. Raises PatternRefused."""
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"the pattern has {len(pattern)} characters; at most {MAX_PATTERN} are allowed")
    work, at, before = 1, 0, ""
    while at < len(pattern):
        token = TOKEN.match(pattern, at)
        if token is None:
            raise PatternRefused(f'the pattern cannot be read from "{pattern[at:]}" on')
        kind, written = str(token.lastgroup), token.group()
        _check(kind, written, before, pattern[token.end() :])
        work *= _cost(kind, written)
        at, before = token.end(), kind
    if work > MAX_WORK:
        raise PatternRefused(f"the pattern may take {work} steps for each character; at most {MAX_WORK} are allowed")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise PatternRefused(f"the pattern is wrong: {error.msg}") from None


def matches(text: str, pattern: str) -> bool:
    """Whether the pattern is found anywhere in the first ``MAX_TEXT`` characters of ``text``."""
    return compile_pattern(pattern).search(text[:MAX_TEXT]) is not None


def _check(kind: str, written: str, before: str, rest: str) -> None:
    if kind == "repeat" and before in ("close", "repeat"):
        raise PatternRefused(f'"{written}" may repeat only a single character or a [set], not a group')
    if kind == "escape" and written[1] not in _ESCAPES:
        raise PatternRefused(f'"{written}" is not known in patterns')
    if kind == "set" and _SET_ALGEBRA.search(written):
        raise PatternRefused(f'"{written}" holds a doubled sign that has no meaning in a [set]')
    if kind == "group" and written == "(" and rest.startswith("?"):
        raise PatternRefused('only (?: may follow "(" with a "?"')


def _cost(kind: str, written: str) -> int:
    if kind == "bar":
        return 2
    if kind != "repeat":
        return 1
    if written[0] == "?":
        return 2
    return MAX_TEXT if written[0] in "*+" else _choices(written)


def _choices(braces: str) -> int:
    low, comma, high = braces.strip("{}?").partition(",")
    if max(int(low), int(high or 0)) > MAX_TEXT:
        raise PatternRefused(f'"{braces}" repeats more often than a text can have characters ({MAX_TEXT})')
    if comma and not high:
        return MAX_TEXT
    return max(1, int(high or low) - int(low) + 1)
