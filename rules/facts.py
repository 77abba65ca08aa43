"""What the rule engine may match on: the six triggers and the properties that narrow them."""

from enum import StrEnum
from typing import NamedTuple

from rules.values import Value


class Trigger(StrEnum):
    """The six triggers of the specification."""

    PARTICIPANT_CREATED = "participant_created"
    PARTICIPANT_UPDATED = "participant_updated"
    COMMUNICATION_ENDED = "communication_ended"
    COMMUNICATION_UPDATED = "communication_updated"
    INCOMING_SESSION = "incoming_session"
    FROM_ANOTHER_FLOW = "from_another_flow"


class Fact(NamedTuple):
    """One thing that happened to one participant; a property that does not apply is "".

    ``of`` is the full name (``flow.node``) of the node that planned the communication, ``flow`` the flow entered by
    To Another Flow, ``changed`` the names of the fields whose values changed. ``communication`` is the id of the
    communication the fact is about, ``inputs`` the values that To Another Flow hands over, by name; neither is
    matched on.
    """

    trigger: Trigger
    of: str = ""
    status: str = ""
    channel: str = ""
    keyword: str = ""
    source: str = ""
    flow: str = ""
    changed: frozenset[str] = frozenset()
    communication: str = ""
    inputs: tuple[tuple[str, Value], ...] = ()
