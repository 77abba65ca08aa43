"""Texts from outside, made fit to be kept."""

import re

# PostgreSQL refuses NUL in a text, and no UTF-8 database keeps half a surrogate pair (JSON lets both in).
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def keepable(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD, so that every database can keep it."""
    if text.isascii() and "\x00" not in text:  # nearly all, and known at once
        return text
    return _UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", text)
