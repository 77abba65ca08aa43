"""What a look at the rules folder brought, told to the operator."""

import sys

import structlog

from gateway.rulebooks import Changes
from gateway.settings import SettingsError
from rules.loader import report

UNKNOWN_CHANNEL = "E205"

log = structlog.get_logger()


def report_changes(changes: Changes, texts: dict[str, bytes]) -> None:
    """Say what a look at the rules folder brought; the mistakes in full and readable, for the operator at work."""
    for book in changes.books:
        log.info("rules_in_force", campaign=book.campaign, file=book.file, hash=book.hash[:12])
    if changes.errors:
        log.error("rules_refused", files=sorted({d.position.file for d in changes.errors}))
    if changes.warnings:
        log.warning("rules_doubtful", files=sorted({d.position.file for d in changes.warnings}))
    if told := (*changes.errors, *changes.warnings):
        print(report(told, texts), file=sys.stderr, flush=True)


def refuse_unknown_channels(changes: Changes) -> None:
    """Settings and rule files must speak of the same channels. Raises `SettingsError` with each place.

    Any other mistake in a file is reported, and its campaign goes on with the version it ran on before.
    """
    unknown = [found for found in changes.diagnostics if found.code == UNKNOWN_CHANNEL]
    if unknown:
        raise SettingsError(tuple(f"{d.position}: {d.message} in pointsman.toml; {d.hint}" for d in unknown))
