"""The mistakes that a scenario file can have, beside those of its YAML and of its rule files."""

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "S101": "a key is unknown",
    "S102": "a key is missing",
    "S103": "a value has the wrong form",
    "S104": "a file cannot be read",
    "S201": "there is no such step",
    "S202": "there is no such person",
    "S203": "there is no such campaign",
    "S204": "there is no such room, channel, service or function",
    "S205": "a step takes another value",
    "S206": "there is no such field or node",
}
