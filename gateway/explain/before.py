"""What stood before an effect: the scene that an event met, with every effect done that came before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.explaining import plain
from rules.scene import Scene

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Before:
    """The fields, communications (by id) and statuses of messages (by id), as JSON; ``fields`` is None where nobody
    knows any more what they were."""

    fields: Values | None = None
    communications: Mapping[str, Values] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)

    def after(self, effect: Values) -> "Before":
        """What stands once this effect, as the log has it, is done."""
        fields, communications, messages = self.fields, self.communications, self.messages
        if fields is not None and effect["effect"] == "SetFields":
            fields = {**fields, **effect.get("customer", {}), **effect.get("participant", {})}
        if isinstance(talk := effect.get("communication"), Mapping):
            communications = {**communications, talk["id"]: talk}
        if effect["effect"] == "ChangeMessage":
            messages = {**messages, effect["message"]: effect["status"]}
        return Before(fields, communications, messages)


def before(scene: Scene | None) -> Before:
    """What the event met; None: nobody knows any more."""
    if scene is None:
        return Before()
    own = scene.participant.fields if scene.participant else {}
    talks = {talk.id: plain(talk) for talk in scene.communications}
    messages = {message.id: message.status for message in scene.messages}
    return Before({name: plain(value) for name, value in {**scene.customer.fields, **own}.items()}, talks, messages)


def with_before(effects: Iterable[Values], first: Before) -> Iterator[tuple[Values, Before]]:
    """Each effect, and what stood before it."""
    for effect in effects:
        yield effect, first
        first = first.after(effect)
