"""Values as the cells of a CSV file."""

import json
from collections.abc import Mapping
from datetime import date, datetime

from gateway.api.answers import in_utc
from gateway.formulas import guarded

WORDS: Mapping[object, str] = {None: "", True: "true", False: "false"}


def cell(value: object) -> str:
    """A value as the text of a cell: nothing for None, moments in UTC, documents as JSON."""
    if value is None or isinstance(value, bool):
        return WORDS[value]
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return value.isoformat()
    return guarded(json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value))
