"""Print what happens: the conversation as people see it, each trigger as it fires, and what was decided."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.decided import Decided
from rules.effects import ChangeCommunication, FinishParticipant, SendMessage, SetFields
from rules.reaction import Activation, Considered, Reaction

ZONE = ZoneInfo("Europe/Berlin")
SLACK = "slack"  # the example's channel that shows choices as buttons


class Story:
    """Tells each decided event in a few lines. ``names`` maps addresses to people."""

    def __init__(self, say: Callable[[str], None], names: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._say, self._names, self._now = say, names, now

    def tell(self, decided: Sequence[Decided]) -> None:
        """Tell a committed batch."""
        for outcome in decided:
            for line in self._lines(outcome):
                self._say(f"{self._now().astimezone(ZONE):%d %b %H:%M:%S}  {line}")

    def name(self, address: str) -> str:
        """Who has this address, for a reader."""
        return self._names.get(address, address)

    def _lines(self, outcome: Decided) -> Iterator[str]:
        payload = outcome.event.payload
        if outcome.event.kind == "message":
            yield f"{self.name(payload['address'])} writes ({payload['channel']}): {payload['text']}"
        for reaction in (reacted.reaction for reacted in outcome.reactions):
            yield from self._decisions(reaction, self._person(reaction))
            yield from (line for effect in reaction.effects if (line := self._effect(effect, self._person(reaction))))

    def _person(self, reaction: Reaction) -> str:
        addresses = reaction.scene.customer.identifiers.values()
        return next((self._names[address] for address in addresses if address in self._names), "somebody")

    def _decisions(self, reaction: Reaction, person: str) -> Iterator[str]:
        for considered in reaction.log:
            for activation in considered.activations:
                yield f"    trigger {trigger_text(considered)} for {person}: {path_text(activation)}"

    def _effect(self, effect: Any, person: str) -> str:
        match effect:
            case SendMessage():
                shown = effect.choices if effect.channel == SLACK else ()
                buttons = "".join(f" [{choice}]" for choice in shown)
                text = effect.text.replace("\n", " / ")
                return f"to {self.name(effect.to)} ({effect.channel}): {text}{buttons}"
            case ChangeCommunication():
                talk = effect.communication
                because = f" ({talk.reason})" if talk.reason else ""
                return f"    {talk.node} with {self.name(talk.address)} is {talk.status}{because}"
            case SetFields() if effect.participant:
                fields = (f"{name} = {value}" for name, value in effect.participant.items())
                return f"    fields of {person}: {', '.join(fields)}"
            case FinishParticipant():
                return f"    {person} is finished: {effect.outcome}"
        return ""


def trigger_text(considered: Considered) -> str:
    """The fact in a word or two."""
    fact = considered.fact
    detail = fact.status or fact.keyword or ", ".join(sorted(fact.changed)) or fact.source or fact.flow
    return f"{fact.trigger} ({detail})" if detail else str(fact.trigger)


def path_text(activation: Activation) -> str:
    """The nodes walked, each condition with its result."""
    steps = (f"{v.node.partition('.')[2] or v.node}{f' = {v.result}' if v.result else ''}" for v in activation.visits)
    return " > ".join(steps)
