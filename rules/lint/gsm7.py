"""How many segments a text takes as SMS, and why.

A text of the GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1) goes into one segment with up to 160 characters, into several
with 153 each; those of its extension table count two and are not divided. One character outside it, and the whole text
is UCS-2: 70 and 67 UTF-16 units, of which an emoji takes two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")
GSM_ALONE, GSM_EACH = 160, 153
UCS_ALONE, UCS_EACH = 70, 67


@dataclass(frozen=True, slots=True)
class Segments:
    """``units`` is what the text takes of ``alone``, the size of a single segment. ``foreign`` are the characters that
    make it UCS-2, ``double`` those that count two, each once, in order."""

    count: int
    units: int
    alone: int
    foreign: tuple[str, ...] = ()
    double: tuple[str, ...] = ()


def segments(text: str) -> Segments:
    """How the text is sent."""
    foreign = tuple(dict.fromkeys(c for c in text if c not in BASIC and c not in EXTENSION))
    if foreign:
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return Segments(_count(sizes, UCS_ALONE, UCS_EACH), sum(sizes), UCS_ALONE, foreign)
    sizes = [2 if character in EXTENSION else 1 for character in text]
    double = tuple(dict.fromkeys(character for character in text if character in EXTENSION))
    return Segments(_count(sizes, GSM_ALONE, GSM_EACH), sum(sizes), GSM_ALONE, double=double)


def _count(sizes: Sequence[int], alone: int, each: int) -> int:
    """A character is never divided between two segments."""
    if sum(sizes) <= alone:
        return 1
    count, room = 1, each
    for size in sizes:
        if size > room:
            count, room = count + 1, each
        room -= size
    return count
