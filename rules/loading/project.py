"""What a rule file may count on: the channels of the project it belongs to."""

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
    """The channels by their names."""

    channels: Mapping[str, ProjectChannel] = field(default_factory=dict)
