"""What narrows a trigger, checked and brought into the form in which facts are matched."""

from collections.abc import Callable, Mapping

from rules.diagnostics import did_you_mean
from rules.loading.site import Site
from rules.loading.words import quoted
from rules.marks import Path
from rules.statuses import FINAL_STATUSES, UPDATED_STATUSES

STATUSES: Mapping[str, tuple[str, ...]] = {
    "communication_ended": tuple(status.value for status in FINAL_STATUSES),
    "communication_updated": tuple(status.value for status in UPDATED_STATUSES),
}
SOURCES: Mapping[str, tuple[str, ...]] = {
    "participant_created": ("import", "api", "enroll"),
    "participant_updated": ("import", "api", "enroll", "customer", "flow"),
}


def narrow(site: Site, trigger: str, key: str, written: list[str]) -> tuple[str, ...]:
    """The values that ``key`` allows, each once, in file order."""
    values = (_READ[key](site, trigger, value, (key, number)) for number, value in enumerate(written))
    return tuple(dict.fromkeys(values))


def _of(site: Site, trigger: str, value: str, path: Path) -> str:
    return site.communication(value, *path, code="E209")


def _channel(site: Site, trigger: str, value: str, path: Path) -> str:
    return site.channel(value, *path)


def _field(site: Site, trigger: str, value: str, path: Path) -> str:
    return site.field(value, *path)


def _keyword(site: Site, trigger: str, value: str, path: Path) -> str:
    words = value.split()
    if not words:
        site.reject(path, "E109", "a keyword is empty", "a keyword is the first word of a message, such as JOIN")
    elif len(words) > 1:
        hint = f"write {words[0]}; a condition on message.text can look at the rest"
        site.reject(path, "E109", f"{quoted(value)} can never be a keyword: that is the first word of a message", hint)
    return words[0].upper() if words else ""


def _status(site: Site, trigger: str, value: str, path: Path) -> str:
    return _one_of(site, value.strip().lower(), STATUSES[trigger], f"{trigger} never comes with the status", path)


def _source(site: Site, trigger: str, value: str, path: Path) -> str:
    return _one_of(site, value.strip().lower(), SOURCES[trigger], f"{trigger} never comes from", path)


def _one_of(site: Site, value: str, allowed: tuple[str, ...], message: str, path: Path) -> str:
    if value not in allowed:
        hint = did_you_mean(value, allowed) or f"possible: {', '.join(allowed)}"
        site.reject(path, "E209", f'{message} "{value}"', hint)
    return value


_READ: Mapping[str, Callable[[Site, str, str, Path], str]] = {
    "of": _of,
    "status": _status,
    "channel": _channel,
    "keyword": _keyword,
    "field": _field,
    "source": _source,
}
NARROWINGS = tuple(_READ)
