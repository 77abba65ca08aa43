"""What a rule file may count on: the channels, services and functions of the project it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProjectChannel:
    """A channel of the settings. ``kind`` is sms or slack; ``identifier`` the customer identifier that is an address
    on it (phone, slack)."""

    name: str
    kind: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Project:
    """The channels by their names, the names of the services that may be asked, and the functions (``module.name``)
    that the settings allow."""

    channels: Mapping[str, ProjectChannel] = field(default_factory=dict)
    services: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
