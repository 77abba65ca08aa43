"""JSON as RFC 8259 has it: no NaN, no number past what can be kept, and a depth that cannot hurt."""

import json
from math import isfinite
from typing import Any, NoReturn


class NotJson(ValueError):
    """The bytes are no JSON object."""


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body`` (UTF-8). Raises `NotJson`, which quotes nothing of it."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):  # ValueError: UnicodeDecodeError and JSONDecodeError, too
        raise NotJson from None
    if not isinstance(value, dict):
        raise NotJson
    return value


def _no_constant(name: str) -> NoReturn:
    raise NotJson(name)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise NotJson
    return number
