"""JSON documents in a fifth of the room: deflated (RFC 1951) with a dictionary that knows what they are made of.

A packed document is one byte, the number of its dictionary, and then the stream. The empty list is no byte at all, so
that what was emptied is told apart without unpacking.
"""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect

from storage.packing_words import DICTIONARIES, NEWEST
from storage.types import ByColumn, json_text

EMPTY = b""
LEVEL = 3  # measured: 6 saves 6 % of the room and takes a third more time
WINDOW = -13  # 8 kB; negative: neither a header nor a checksum of its own
MEMORY = 6  # of 9: what a larger one saves in room, it takes twice as a time to set up


class NotPacked(ValueError):
    """These bytes are no packed document of this program; says why."""


PACKER = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, MEMORY, zlib.Z_DEFAULT_STRATEGY, DICTIONARIES[NEWEST])
"""Copied for each document: it has learnt the dictionary."""


def pack(document: Any) -> bytes:
    """The document packed."""
    if document == []:
        return EMPTY
    packer = PACKER.copy()
    return bytes((NEWEST,)) + packer.compress(json_text(document).encode()) + packer.flush()


def unpack(packed: bytes) -> Any:
    """What was packed, by this program or one before it. Raises `NotPacked`."""
    if packed == EMPTY:
        return []
    words = DICTIONARIES.get(packed[0])
    if words is None:
        raise NotPacked(f"packed with dictionary {packed[0]}, of which this program knows nothing")
    try:
        return json.loads(zlib.decompressobj(WINDOW, words).decompress(packed[1:]))
    except (zlib.error, ValueError) as problem:
        raise NotPacked(f"damaged: {problem}") from problem


class Packed(ByColumn):
    """A column of JSON documents that are read seldom, packed. Only with the empty list may they be compared."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else pack(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else unpack(bytes(value))

    def stored(self, values: Sequence[Any]) -> list[bytes]:
        return list(map(pack, values))

    def told(self, values: Sequence[bytes | None]) -> list[Any]:
        return [None if packed is None else unpack(bytes(packed)) for packed in values]
