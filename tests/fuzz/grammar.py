"""Words and the ways to spoil them: what no provider sends, in the forms in which providers send."""

import json
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import quote_plus

WORDS = (
    "",
    " ",
    "STOP",
    "hello there",
    "👍 ñ 你",
    "a\x00b",
    "\ud800",
    "\u2028",
    "{{ 7 * 7 }}",
    "<!channel>",
    "' OR 1=1 --",
    "../../etc/passwd",
    "$(reboot)",
    "-1",
    "1e999",
    "NaN",
    "null",
    "true",
    "+15558675310",
    "whatsapp:+4915112345678",
    "%",
    "%00",
    "\r\nX-Injected: 1",
)
LONG = 2_000  # letters of a long word; bodies past the limit are made otherwise
VALUES = ("null", "true", "false", "0", "-1", "1" + "0" * 30, "1.5", '""', "[]", "{}", "[[]]", "[{}]", '{"": ""}')
MAX_NESTED = 40

Spoil = Callable[[Random, Any], Any]


def word(random: Random) -> str:
    """Any text: a strange one, a long one, or letters of everywhere."""
    kind = random.randrange(20)
    if kind == 0:
        return random.choice(WORDS) * random.randrange(1, 9)
    if kind == 1:
        return "a" * random.randrange(LONG)
    if kind < 5:
        return "".join(chr(random.choice((random.randrange(128), random.randrange(0x11000)))) for _ in range(8))
    return random.choice(WORDS)


def encoded(text: str) -> str:
    """A text of a form, lone surrogates as the bytes they would be."""
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def value(random: Random, depth: int = 0) -> Any:
    """Any JSON value."""
    kind = random.randrange(10)
    if kind == 0 and depth < 4:
        return {word(random): value(random, depth + 1) for _ in range(random.randrange(4))}
    if kind == 1 and depth < 4:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    if kind == 2:
        return nested(random.randrange(MAX_NESTED))
    return word(random) if kind < 6 else json.loads(random.choice(VALUES))


def nested(depth: int) -> Any:
    """Objects within one another, under names that readers follow."""
    inner: Any = "deep"
    for level in range(depth):
        inner = {("event", "message", "user", "channel", "view")[level % 5]: inner}
    return inner


def spoilt(random: Random, body: Any) -> Any:
    """A JSON object with one to three of its parts, at any depth, gone, renamed or made something else."""
    body = json.loads(json.dumps(body))
    for _ in range(random.randrange(1, 4)):
        at = somewhere(random, body)
        if isinstance(at, dict) and at:
            spoil_key(random, at)
        elif isinstance(at, list):
            at.append(value(random))
    return body


def somewhere(random: Random, body: Any) -> Any:
    """An object or a list in it."""
    while isinstance(body, dict | list) and random.random() < 0.7:
        inner = list(body.values() if isinstance(body, dict) else body)
        deeper = [one for one in inner if isinstance(one, dict | list)]
        if not deeper:
            return body
        body = random.choice(deeper)
    return body


def spoil_key(random: Random, at: dict[str, Any]) -> None:
    name = random.choice(list(at))
    kind = random.randrange(4)
    if kind == 0:
        del at[name]
    elif kind == 1:
        at[word(random)] = at.pop(name)
    else:
        at[name] = value(random)


def torn(random: Random, body: bytes) -> bytes:
    """Bytes with a piece gone, doubled or turned around."""
    if not body:
        return b"\xff"
    start = random.randrange(len(body))
    end = min(len(body), start + random.randrange(1, 20))
    piece = random.choice((b"", body[start:end] * 2, body[start:end][::-1], b"\xff\xfe", b"&", b'"', b"\x00"))
    return body[:start] + piece + body[end:]
