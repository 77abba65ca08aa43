"""Who may read and change what, and how many files may be open."""

import os
import resource
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_IMODE

from gateway.doctor.database import file_of
from gateway.doctor.findings import Finding, ok, warning, wrong
from gateway.settings import FILE, Settings

FEW_FILES = 4_096  # open at once: each connection is one
OTHERS, OTHERS_WRITE = 0o077, 0o022
TOPIC = "files"


def files(settings: Settings) -> Iterator[Finding]:
    """Whether data is its owner's alone, and nobody else can change what the gateway obeys."""
    found = [*_private(_data(settings)), *_obeyed(_rules(settings)), *_unwritable(settings)]
    yield from found or [ok(TOPIC, "data is its owner's alone, and nobody else may change rules or settings")]
    if os.geteuid() == 0 and not settings.sandbox:
        yield warning(TOPIC, "this is the user root", "run the gateway, and this, as a user of its own")
    yield _open_files()


def _data(settings: Settings) -> Iterator[Path]:
    """Files that hold what people wrote."""
    if file := file_of(settings):
        yield from (Path(f"{file}{suffix}") for suffix in ("", "-wal", "-shm"))
    yield from (settings.spool, settings.uploads)
    yield from sorted(settings.uploads.glob("*")) if settings.uploads.is_dir() else ()


def _rules(settings: Settings) -> Iterator[Path]:
    """Files and folders that say what the gateway does."""
    yield from (settings.folder / FILE, settings.rules, *sorted(settings.rules.glob("*.yaml")))
    if settings.actions.allow:
        yield from (settings.functions, *sorted(settings.functions.glob("*.py")))


def _private(paths: Iterable[Path]) -> Iterator[Finding]:
    for path in paths:
        if path.exists() and _mode(path) & OTHERS:
            text = f"{path} holds what people wrote, and others may read it ({_mode(path):03o})"
            yield wrong(TOPIC, text, f"chmod go= {path}")


def _obeyed(paths: Iterable[Path]) -> Iterator[Finding]:
    for path in paths:
        if path.exists() and _mode(path) & OTHERS_WRITE:
            yield warning(TOPIC, f"others may change {path} ({_mode(path):03o})", f"chmod go-w {path}")


def _unwritable(settings: Settings) -> Iterator[Finding]:
    for folder in {settings.folder, settings.spool.parent}:
        if not os.access(folder, os.W_OK):
            yield warning(TOPIC, f"this user may not write {folder}", "run this as the user of the gateway")


def _open_files() -> Finding:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY or most >= FEW_FILES:
        return ok(TOPIC, "enough files may be open at once")
    return warning(TOPIC, f"at most {most:,} files may be open at once", "raise LimitNOFILE (ulimit -Hn) to 65536")


def _mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)
