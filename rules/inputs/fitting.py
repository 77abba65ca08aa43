"""Texts in which a pattern of `matches` is found, made up from what is written in it."""

from collections.abc import Iterator
from itertools import islice, product
from re import IGNORECASE, Match, fullmatch
from string import printable

from rules.patterns import TOKEN, matches

MAX_FITTING = 4  # texts for one pattern
MAX_READ = 12  # of one part of it, that are looked at
PLAIN = f"x1-{printable}"  # characters that stand for a class, the plain ones first
FORMS = ("{}", "x{}", "{}x", "x{}x")  # the first in which anything fits
OTHERS = ("something", "?!", "1", "x")


def fitting(pattern: str) -> tuple[str, ...]:
    """Some short texts, as people may write them, in which an allowed ``pattern`` is found; none where none was made.

    Each branch is taken, and each repeat at its least, or once. What cannot come out so, such as a class of characters
    next to the edge of a word that needs another one, is given up.
    """
    made = dict.fromkeys(text for more in (0, 1) for text in _read(TOKEN.finditer(pattern), more))
    around = ([text for text in map(form.format, made) if _fits(text, pattern)] for form in FORMS)
    return tuple(next(filter(None, around), ())[:MAX_FITTING])


def unfit(pattern: str) -> tuple[str, ...]:
    """A text in which the pattern is not found; none where none is at hand."""
    return tuple(islice((text for text in OTHERS if not matches(text, pattern)), 1))


def _fits(text: str, pattern: str) -> bool:
    return text.isprintable() and text == text.strip() != "" and matches(text, pattern)


def _read(tokens: Iterator[Match[str]], more: int) -> list[str]:
    """The texts of all branches up to the end of the group; ``more``: how often that is repeated which need not be."""
    ended, begun, last = list[str](), [""], [""]
    for token in tokens:
        kind, written = token.lastgroup, token.group()
        if kind == "close":
            break
        if kind == "repeat":
            last = [text * max(_least(written), more) for text in last]
            continue
        begun = _joined(begun, last)
        if kind == "bar":
            ended, begun, last = ended + begun, [""], [""]
        else:
            last = _read(tokens, more) if kind == "group" else [_character(written)]
    return (ended + _joined(begun, last))[:MAX_READ]


def _joined(begun: list[str], last: list[str]) -> list[str]:
    return [f"{text}{more}" for text, more in islice(product(begun, last), MAX_READ)]


def _least(repeat: str) -> int:
    """How often it repeats at least: `+`, `*`, `?`, or `{2,}` and the like."""
    return int(repeat.strip("{}?").partition(",")[0]) if repeat.startswith("{") else int(repeat.startswith("+"))


def _character(written: str) -> str:
    """One that a character, class, set or dot stands for, of those written in it if it can be; "" for an edge."""
    own = "".join(filter(str.isalnum, written))
    return next((sign for sign in f"{own}{PLAIN}{written}" if fullmatch(written, sign, IGNORECASE)), "")
