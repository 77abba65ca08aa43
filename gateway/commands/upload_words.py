"""How a contact list stands, in the operator's words."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storage.transaction import Transaction
    from storage.values import Row


def standing(row: "Row") -> str:
    """Its status, and the reason where there is one."""
    return f"{row['status']}: {row['reason']}" if row["reason"] else str(row["status"])


def who_is_first(t: "Transaction", row: "Row") -> str:
    """Which list is read before this one, and what to do where that one does not go on; "" where it waits for none."""
    from gateway.imports.waiting import waits_for

    first = waits_for(t, row)
    return _first(t.uploads.these([first])[first]) if first else ""


def _first(row: "Row") -> str:
    from gateway.imports.waiting import stands

    stays = f", and is {standing(row)} ({commands_for(row)})" if stands(row) else ""
    return f"{row['file']} (upload {row['id']}) comes first{stays}"


def commands_for(row: "Row") -> str:
    """What moves a list that waits for somebody."""
    resume = f"`pointsman uploads resume {row['id']}` or " if row["status"] == "paused" else ""
    return f"{resume}`pointsman uploads cancel {row['id']}`"


def reading_told(reading: Mapping[str, Any]) -> str:
    """How a file is read, on one line."""
    parts = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in reading.values())
    return ", ".join(f"{name} {_seen(part)}" for name, part in zip(reading, parts, strict=True))


def _seen(text: str) -> str:
    from gateway.sheets import DELIMITERS

    return DELIMITERS.get(text, text)
