"""How a scene looks after an effect: deciding goes on from there before anything is written."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.copies import replace
from rules.effects import (
    ChangeCommunication,
    ChangeMessage,
    DropRun,
    Effect,
    EnterCampaign,
    FinishParticipant,
    HoldFact,
    JoinCampaign,
    KeepRun,
    LeaveCampaign,
    PlanCommunication,
    ReleaseFacts,
    SendMessage,
    SetFields,
    StopContact,
)
from rules.held import with_fact
from rules.scene import Message, Participant, Scene


def after(scene: Scene, effect: Effect) -> Scene:
    """The scene once ``effect`` is done; timers, calls and cancelled sends leave no trace in it."""
    change = CHANGES.get(type(effect))
    return change(scene, effect) if change else scene


def _joined(scene: Scene, effect: JoinCampaign) -> Scene:
    return replace(scene, participant=Participant(effect.participant))


def _left(scene: Scene, _: LeaveCampaign) -> Scene:
    return replace(scene, participant=None)


def _entered(scene: Scene, _: EnterCampaign) -> Scene:
    return _with_participant(scene, entered=True)


def _held(scene: Scene, effect: HoldFact) -> Scene:
    held = scene.participant.held if scene.participant else ()
    return _with_participant(scene, held=with_fact(held, effect.fact))


def _released(scene: Scene, _: ReleaseFacts) -> Scene:
    return _with_participant(scene, held=())


def _finished(scene: Scene, effect: FinishParticipant) -> Scene:
    return _with_participant(scene, outcome=effect.outcome)


def _fields_set(scene: Scene, effect: SetFields) -> Scene:
    customer, own = scene.customer, scene.participant
    if effect.customer:
        customer = replace(customer, fields={**customer.fields, **effect.customer})
    if own and effect.participant:
        own = replace(own, fields={**own.fields, **effect.participant})
    return replace(scene, customer=customer, participant=own)


def _planned(scene: Scene, effect: PlanCommunication) -> Scene:
    return replace(scene, communications=(*scene.communications, effect.communication))


def _communication_changed(scene: Scene, effect: ChangeCommunication) -> Scene:
    now = effect.communication
    changed = replace(scene, communications=tuple(now if c.id == now.id else c for c in scene.communications))
    if now.begun_at is None or now.id in scene.begun:
        return changed
    return replace(changed, begun={**scene.begun, now.id: now.begun_at})


def _sent(scene: Scene, effect: SendMessage) -> Scene:
    message = Message(effect.message, effect.communication, attempt=effect.attempt)
    return replace(scene, messages=(*scene.messages, message))


def _message_changed(scene: Scene, effect: ChangeMessage) -> Scene:
    changed = (
        replace(m, status=effect.status, error=effect.error) if m.id == effect.message else m for m in scene.messages
    )
    return replace(scene, messages=tuple(changed))


def _run_kept(scene: Scene, effect: KeepRun) -> Scene:
    run = effect.run
    if all(r.id != run.id for r in scene.runs):
        return replace(scene, runs=(*scene.runs, run))
    return replace(scene, runs=tuple(run if r.id == run.id else r for r in scene.runs))


def _run_dropped(scene: Scene, effect: DropRun) -> Scene:
    return replace(scene, runs=tuple(r for r in scene.runs if r.id != effect.run))


def _contact_stopped(scene: Scene, effect: StopContact) -> Scene:
    return replace(scene, opted_out=scene.opted_out | {(effect.channel, effect.address)})


def _with_participant(scene: Scene, **changes: object) -> Scene:
    """The scene with its participant changed; as it is where the customer has not joined."""
    if scene.participant is None:
        return scene
    return replace(scene, participant=replace(scene.participant, **changes))  # type: ignore[arg-type]


CHANGES: Mapping[type[Effect], Callable[[Scene, Any], Scene]] = {
    JoinCampaign: _joined,
    LeaveCampaign: _left,
    EnterCampaign: _entered,
    HoldFact: _held,
    ReleaseFacts: _released,
    FinishParticipant: _finished,
    SetFields: _fields_set,
    PlanCommunication: _planned,
    ChangeCommunication: _communication_changed,
    SendMessage: _sent,
    ChangeMessage: _message_changed,
    KeepRun: _run_kept,
    DropRun: _run_dropped,
    StopContact: _contact_stopped,
}
