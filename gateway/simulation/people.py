"""The people of a simulation, and what they say and hear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ADDRESSES = {"sms": "phone", "slack": "slack"}  # which identifier is an address on which kind of channel


@dataclass(frozen=True)
class SimulatedPerson:
    """Somebody: a name, and identifiers by their kind (phone in E.164, slack, email, external_id)."""

    name: str
    identifiers: Mapping[str, str] = field(default_factory=dict)

    def address(self, kind: str) -> str:
        """Where they are reached on channels of this kind (sms, slack); "" for nowhere."""
        return self.identifiers.get(ADDRESSES[kind], "")


@dataclass(frozen=True)
class Line:
    """Something that was said, ``at`` a moment (UTC).

    ``place`` is where: a person's name for a direct talk, or ``#room``; ``by`` the person who said it, "" where we did.
    ``choices`` are the buttons below it, ``thread`` that of the room, ``id`` the provider's. ``kind`` is that of its
    ``channel`` (sms, slack). What does not ``arrive`` was accepted by the provider, and nobody ever sees it.
    """

    at: datetime
    place: str
    channel: str
    kind: str
    text: str
    by: str = ""
    choices: tuple[str, ...] = ()
    thread: str = ""
    id: str = ""
    arrives: bool = True

    @property
    def ours(self) -> bool:
        """Whether we said it."""
        return not self.by
