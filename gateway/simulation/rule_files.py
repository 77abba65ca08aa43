"""The rule files of a simulation: texts by their names, put in force as `gateway.watching` does with a folder's."""

import re
from collections.abc import Mapping
from datetime import datetime

from gateway.rulebooks import Changes, Rulebooks, agree, store
from gateway.simulation.people import ADDRESSES
from rules.book import Channel
from rules.loader import Project, ProjectChannel
from storage.memory import MemoryStorage

CHANNELS: Mapping[str, str] = {"sms": "sms", "slack": "slack"}  # names and kinds, where no settings name any

_ROOM = re.compile(rb"""["']#([\w-]+)["']""")


def rulebooks_for(channels: Mapping[str, str], services: frozenset[str], functions: frozenset[str]) -> Rulebooks:
    """No rulebooks yet, of a project with these channels (names and kinds), services and functions."""
    known = {name: ProjectChannel(name, kind, ADDRESSES[kind]) for name, kind in channels.items()}
    used = {name: Channel(name=name, kind=kind, identifier=ADDRESSES[kind]) for name, kind in channels.items()}
    return Rulebooks(Project(known, services, functions), used)


async def put_in_force(
    rulebooks: Rulebooks, storage: MemoryStorage, texts: Mapping[str, bytes], now: datetime
) -> Changes:
    """What is sound among the texts comes into force, and what waited for that is decided."""
    changes = rulebooks.read(texts)
    await storage.run(lambda t: store(t, changes.books, texts, now))
    rulebooks.put_in_force(changes.books)
    await storage.run(lambda t: agree(t, rulebooks))
    if changes.books:
        await storage.run(lambda t: t.inbox.release())
    return changes


def rooms_in(texts: Mapping[str, bytes]) -> set[str]:
    """The Slack channels that the rule files name."""
    return {name.decode() for text in texts.values() for name in _ROOM.findall(text)}
