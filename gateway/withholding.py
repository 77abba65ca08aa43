"""A provider's request that was kept whole, as it may leave: without what lets whoever knows it act for us, such as the
address under which Slack takes an answer from anybody, and its tokens.
https://api.slack.com/interactivity/handling#message_responses
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from gateway.parked_events import size_of

MAX_FORM = 1_000  # fields; a form of more is told by its size only
_SECRET = re.compile("response_?url|token|secret|signature|password|webhook", re.IGNORECASE)


def withheld(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of such an event, its body (JSON, or a form that may hold JSON) read, with the size of each secret in
    its place. Of a body that can't be read nothing but its size is told."""
    body = payload.get("body")
    return {**payload, "body": _read(body)} if isinstance(body, str) and body else dict(payload)


def _read(body: str) -> Any:
    try:
        if body.lstrip().startswith("{"):
            return _told(json.loads(body))
        form = parse_qsl(body, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FORM)
        return {name: _part(name, _field(value)) for name, value in form}
    except (ValueError, RecursionError):
        return size_of(body)


def _field(value: str) -> Any:
    return json.loads(value) if value.lstrip().startswith(("{", "[")) else value


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _part(name, part) for name, part in value.items()}
    return [_told(part) for part in value] if isinstance(value, list) else value


def _part(name: str, value: Any) -> Any:
    return size_of(value) if _SECRET.search(name) else _told(value)
