"""What a batch of decided events is told as: participants and communications, in the order in which they changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.api.answers import in_utc
from gateway.carry import encoded
from gateway.decided import Decided
from gateway.hooks.telling import Notice
from gateway.scenes import Place, Scenes
from rules.effects import (
    ChangeCommunication,
    Effect,
    FinishParticipant,
    JoinCampaign,
    LeaveCampaign,
    PlanCommunication,
    SetFields,
)
from rules.fields import to_json
from rules.reaction import Reaction
from rules.scene import Communication, Scene

CREATED, UPDATED = "participant.created", "participant.updated"
FINISHED, REMOVED = "participant.finished", "participant.removed"
PLANNED, BEGUN = "communication.planned", "communication.begun"
CHANGED, ENDED = "communication.updated", "communication.ended"

Data = Mapping[str, Any]


def notices_of(scenes: Scenes, decided: Iterable[Decided]) -> Iterator[Notice]:
    """What hooks are told of these events."""
    teller = Teller(scenes)
    for one in decided:
        for reacted in one.reactions:
            yield from teller.notices(reacted.place, reacted.reaction)


@dataclass
class Teller:
    """Goes through the reactions of a batch in order. Knows of every participant the id, and of every communication how
    it was last."""

    scenes: Scenes
    _seen: set[Place] = field(default_factory=set)
    _participants: dict[Place, str] = field(default_factory=dict)
    _communications: dict[str, Communication] = field(default_factory=dict)

    def notices(self, place: Place, reaction: Reaction) -> Iterator[Notice]:
        """What one reaction is told as: fields once, however often they were set."""
        if place not in self._seen:
            self._begin(place, self.scenes.before[place])
        if reaction.scene.participant:
            self._participants[place] = reaction.scene.participant.id
        about = self._about(place, reaction.scene)
        fields, is_new = changed_fields(reaction.effects), any(isinstance(e, JoinCampaign) for e in reaction.effects)
        if is_new:
            yield Notice(CREATED, place.customer, {**about, "fields": fields_of(reaction.scene)})
        elif fields:
            yield Notice(UPDATED, place.customer, {**about, "fields": fields})
        for effect in reaction.effects:
            for kind, data in self._of_effect(effect):
                yield Notice(kind, place.customer, {**about, **data})

    def _begin(self, place: Place, before: Scene) -> None:
        self._seen.add(place)
        if before.participant:
            self._participants[place] = before.participant.id
        self._communications |= {one.id: one for one in before.communications}

    def _about(self, place: Place, scene: Scene) -> Data:
        return {
            "campaign": place.campaign,
            "participant": self._participants.get(place, ""),
            "customer": place.customer,
            "identifiers": dict(scene.customer.identifiers),
        }

    def _of_effect(self, effect: Effect) -> Iterator[tuple[str, Data]]:
        match effect:
            case FinishParticipant():
                yield FINISHED, {"outcome": effect.outcome}
            case LeaveCampaign():
                yield REMOVED, {}
            case PlanCommunication() | ChangeCommunication():
                yield from self._of_communication(effect.communication)

    def _of_communication(self, now: Communication) -> Iterator[tuple[str, Data]]:
        before = self._communications.get(now.id)
        self._communications[now.id] = now
        data = communication_data(now)
        if before is None or data != communication_data(before):
            yield from ((kind, data) for kind in kinds_of(before, now))


def kinds_of(before: Communication | None, now: Communication) -> Sequence[str]:
    """Which steps a change took: one that begins at once is planned and begun."""
    steps = [PLANNED] if before is None else []
    if now.opened and not (before and before.opened):
        steps.append(BEGUN)
    if not now.is_open and (before is None or before.is_open):
        steps.append(ENDED)
    return steps or [CHANGED]


def communication_data(one: Communication) -> Data:
    """What is told of a communication: nothing of what was written but the results."""
    return {
        "communication": one.id,
        "flow": one.flow,
        "node": one.node,
        "agent": one.agent,
        "channel": one.channel,
        "status": str(one.status),
        "reason": one.reason,
        "attempt": one.attempt,
        "at": in_utc(one.at),
        "begun_at": in_utc(one.begun_at) if one.begun_at else None,
        "results": encoded(one.talk.results),
    }


def fields_of(scene: Scene) -> Data:
    """All that is known of a participant."""
    own = encoded(scene.participant.fields) if scene.participant else {}
    return {**encoded(scene.customer.fields), **own}


def changed_fields(effects: Iterable[Effect]) -> Data:
    """The fields that changed, with their values then; None where one was cleared."""
    found: dict[str, Any] = {}
    for effect in effects:
        if isinstance(effect, SetFields):
            values = {**effect.customer, **effect.participant}
            found |= {name: None if value is None else to_json(value) for name, value in values.items()}
    return found
