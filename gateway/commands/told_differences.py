"""What `pointsman diff` prints."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.affected import Affected, affected
from gateway.commands.settling import many
from gateway.intake import printable
from gateway.versions import Pair, Version
from rules.difference import Change, Difference, difference
from rules.values import Position
from storage.database import Storage


@dataclass(frozen=True)
class Compared:
    """Two versions of one campaign's rule file, what is different, and whom it concerns now."""

    pair: Pair
    difference: Difference = field(default_factory=Difference)
    affected: Mapping[Change, Affected] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.difference) or self.pair.old is None or self.pair.new is None


def compared(storage: Storage | None, pairs: Sequence[Pair]) -> list[Compared]:
    """Everything there is to tell of these versions; who is concerned is known only with a database."""
    return [_compared(storage, pair) for pair in pairs]


def _compared(storage: Storage | None, pair: Pair) -> Compared:
    if pair.old is None or pair.new is None:
        return Compared(pair)
    found = difference(pair.old.edition, pair.new.edition)
    if storage is None:
        return Compared(pair, found)
    with storage.reading() as t:
        return Compared(pair, found, affected(t, pair.campaign, found.changes))


def as_text(found: Sequence[Compared]) -> str:
    """A heading for each campaign, a line for each change, and below it who is in the middle of it."""
    return "\n".join(printable(line) for one in found for line in _lines(one)) or "there are no rule files to compare"


def _lines(one: Compared) -> Iterator[str]:
    old, new = one.pair.old, one.pair.new
    if old is None or new is None:
        yield f"{one.pair.campaign}: {_missing(old, new)}"
        return
    changes = one.difference.changes
    number = many(len(changes), "difference") if changes else "no difference"
    yield f"{one.pair.campaign}: {new.told} against {old.told}: {number}"
    for change in changes:
        yield f"  {change}"
        if who := one.affected.get(change):
            yield f"      {_who(who)}"
    if any(one.affected.values()):
        yield "  to move or end what waits: pointsman plan"


def _missing(old: Version | None, new: Version | None) -> str:
    if new is not None:
        return f"{new.told} is new: no version of it is in force"
    return f"no file is about it any more; {old.told if old else 'its last version'} stays in force"


def _who(who: Affected) -> str:
    waiting = f"{many(who.waiting, 'participant')} {'waits' if who.waiting == 1 else 'wait'} there"
    talks = f"with {many(who.talks, 'participant')} a communication is open"
    told = [words for number, words in ((who.waiting, waiting), (who.talks, talks)) if number]
    return f"{', '.join(told)}: as it began, for what is under way"


def as_json_text(found: Sequence[Compared]) -> str:
    """An object with a list of campaigns, each with its two versions and the changes."""
    return json.dumps({"campaigns": [_as_json(one) for one in found]}, ensure_ascii=False, indent=1)


def _as_json(one: Compared) -> dict[str, Any]:
    changes = [_change(change, one.affected.get(change)) for change in one.difference.changes]
    old, new = (_version(version) for version in (one.pair.old, one.pair.new))
    return {"campaign": one.pair.campaign, "old": old, "new": new, "changes": changes}


def _version(version: Version | None) -> dict[str, Any] | None:
    if version is None:
        return None
    since = version.since.isoformat() if version.since else None
    return {"file": version.book.file, "rules": version.book.hash, "since": since}


def _change(change: Change, who: Affected | None) -> dict[str, Any]:
    told = change_as_json(change)
    return {**told, "waiting": who.waiting, "talks": who.talks} if who else told


def change_as_json(change: Change) -> dict[str, Any]:
    """A change with its places, as programs take it."""
    named = {"kind": change.kind.value, "what": change.what, "name": change.name, "was": change.was, "key": change.key}
    return {**named, "words": change.words, "old": _place(change.old), "new": _place(change.new)}


def _place(position: Position | None) -> dict[str, Any] | None:
    return {"file": position.file, "line": position.line, "column": position.column} if position else None
