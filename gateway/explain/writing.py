"""Values as an operator reads them, on one line."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from rules.operations import as_written

UNSET = "unset"


def written(value: Any) -> str:
    """A value of rules, or one as JSON has it, as rule files write it."""
    match value:
        case None:
            return UNSET
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case timedelta():
            return as_written(value) if value >= timedelta() else f"-{as_written(-value)}"
        case Mapping():
            return f"{{{pairs(value)}}}"
        case list() | tuple() | frozenset():
            return f"[{', '.join(map(written, value))}]"
        case _:
            return str(value)


def pairs(values: Mapping[str, Any]) -> str:
    """Names with their values: `first_name = "Ada", due = unset`."""
    return ", ".join(f"{name} = {written(value)}" for name, value in values.items())


def moment(time: datetime | str) -> str:
    """A time (UTC) to the second, also one that JSON has."""
    instant = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{instant.isoformat(' ', 'seconds')[:19]} UTC"


def listed(names: Any) -> str:
    """`a, b and c`."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last
