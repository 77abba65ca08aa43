"""Whether the processes of one gateway have the same settings: each acts by its own, whatever others have."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256

import structlog
from pydantic import BaseModel

from gateway.settings import Settings
from gateway.settings_file import SECRET_KEYS
from storage.processes import Process, named

COMMON = ("public_url", "channels", "services", "hooks", "actions", "retention", "api")  # the rest is each one's own
SHOWN = 8  # hexadecimal digits: what PostgreSQL's name of a session has room for

log = structlog.get_logger()


def fingerprint(settings: Settings) -> str:
    """What processes on one database have to have the same, in a few digits. No secret goes into it: who may look at
    PostgreSQL's sessions sees it."""
    common = {key: plain(getattr(settings, key)) for key in COMMON}
    return sha256(json.dumps(common, sort_keys=True).encode()).hexdigest()[:SHOWN]


def plain(value: object) -> object:
    """A setting as JSON has it."""
    if isinstance(value, Mapping):
        return {name: plain(table) for name, table in value.items()}
    return value.model_dump(mode="json", exclude=set(SECRET_KEYS)) if isinstance(value, BaseModel) else value


def differing(processes: Iterable[Process], settings: Settings) -> list[Process]:
    """Those that have other settings than these."""
    own = fingerprint(settings)
    return [process for process in processes if process.settings not in ("", own)]


def tell_of_differences(processes: list[Process], settings: Settings) -> None:
    """Warn in the log where a process that runs has other settings than this one, which starts."""
    if others := differing(processes, settings):
        log.warning("settings_differ", processes=len(others), of=len(processes) - 1, them=named(others))
