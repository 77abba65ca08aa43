"""The processes that run, where there are several."""

from collections.abc import Iterator

from gateway.comparing import differing
from gateway.doctor.findings import Finding, ok, warning
from gateway.settings import Settings
from storage.database import Storage
from storage.processes import named

TOPIC = "processes"
RESTART = "give every host the same pointsman.toml and the same POINTSMAN_ variables, then start all processes again"


def processes(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """Who runs, and whether all were given the same settings, which are those that are here."""
    if settings.database.startswith("sqlite:"):
        return
    running = [process for process in storage.processes() if process.roles]
    if not running:
        return
    yield ok(TOPIC, f"those that run: {named(running)}")
    if others := differing(running, settings):
        text = f"{len(others)} of {len(running)} run with other settings than those that are here: {named(others)}"
        yield warning(TOPIC, text, RESTART)
