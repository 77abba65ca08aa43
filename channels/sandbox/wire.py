"""Requests and answers as values, and how to read what an SDK sends."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

MAX_REQUEST_BYTES = 1_048_576
MAX_PARAMETERS = 1_000
MAX_DEPTH = 50


class RequestTooLarge(Exception):
    """A body above `MAX_REQUEST_BYTES` or a form above `MAX_PARAMETERS`."""


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """A request to a look-alike. ``path`` begins with /sandbox/, ``query`` is raw, header names are lower-case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class SandboxResponse:
    """The answer, to be given ``after`` this many real seconds."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Hold the connection for ``seconds`` of real time, then close it without an answer."""

    seconds: float


Reply = SandboxResponse | Drop | Hang


def json_answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> SandboxResponse:
    """``value`` as a JSON answer."""
    kept = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return SandboxResponse(status, kept, json.dumps(value).encode())


def parameters(request: SandboxRequest) -> dict[str, Any]:
    """Query, form and JSON parameters together, as Slack's SDK mixes them. Raises `RequestTooLarge`, ValueError."""
    if len(request.body) > MAX_REQUEST_BYTES:
        raise RequestTooLarge(f"the body has more than {MAX_REQUEST_BYTES} bytes")
    found: dict[str, Any] = dict(_pairs(request.query))
    if request.headers.get("content-type", "").startswith("application/json"):
        return found | _json_object(request.body)
    return found | dict(_pairs(request.body.decode()))


def basic_login(headers: Mapping[str, str]) -> tuple[str, str]:
    """User and password of basic authentication; two empty texts where there is none that can be read."""
    scheme, _, coded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def is_plain(value: object, depth: int = 0) -> bool:
    """Whether a JSON value can be kept: at most `MAX_DEPTH` deep, and all its texts are Unicode without surrogates."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= mark <= "\udfff" for mark in value)
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        return depth < MAX_DEPTH and all(is_plain(part, depth + 1) for part in value)
    return True


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.count("&") >= MAX_PARAMETERS:
        raise RequestTooLarge(f"more than {MAX_PARAMETERS} parameters")
    return parse_qsl(text, keep_blank_values=True)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except RecursionError as error:
        raise ValueError("JSON nested too deep") from error
    if not isinstance(value, dict) or not is_plain(value):
        raise ValueError(f"not a JSON object of at most {MAX_DEPTH} levels")
    return value
