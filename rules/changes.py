"""How a scene looks after an effect: deciding goes on from there before anything is written."""

from dataclasses import replace
from functools import singledispatch

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
    return _after(effect, scene)


@singledispatch
def _after(effect: Effect, scene: Scene) -> Scene:
    return scene


@_after.register
def _(effect: JoinCampaign, scene: Scene) -> Scene:
    return replace(scene, participant=Participant(effect.participant))


@_after.register
def _(effect: EnterCampaign, scene: Scene) -> Scene:
    return _with_participant(scene, entered=True)


@_after.register
def _(effect: HoldFact, scene: Scene) -> Scene:
    held = scene.participant.held if scene.participant else ()
    return _with_participant(scene, held=with_fact(held, effect.fact))


@_after.register
def _(effect: ReleaseFacts, scene: Scene) -> Scene:
    return _with_participant(scene, held=())


@_after.register
def _(effect: FinishParticipant, scene: Scene) -> Scene:
    return _with_participant(scene, outcome=effect.outcome)


@_after.register
def _(effect: SetFields, scene: Scene) -> Scene:
    customer, own = scene.customer, scene.participant
    if effect.customer:
        customer = replace(customer, fields={**customer.fields, **effect.customer})
    if own and effect.participant:
        own = replace(own, fields={**own.fields, **effect.participant})
    return replace(scene, customer=customer, participant=own)


@_after.register
def _(effect: PlanCommunication, scene: Scene) -> Scene:
    return replace(scene, communications=(*scene.communications, effect.communication))


@_after.register
def _(effect: ChangeCommunication, scene: Scene) -> Scene:
    now = effect.communication
    changed = replace(scene, communications=tuple(now if c.id == now.id else c for c in scene.communications))
    if now.begun_at is None or now.id in scene.begun:
        return changed
    return replace(changed, begun={**scene.begun, now.id: now.begun_at})


@_after.register
def _(effect: SendMessage, scene: Scene) -> Scene:
    message = Message(effect.message, effect.communication, attempt=effect.attempt)
    return replace(scene, messages=(*scene.messages, message))


@_after.register
def _(effect: ChangeMessage, scene: Scene) -> Scene:
    changed = (
        replace(m, status=effect.status, error=effect.error) if m.id == effect.message else m for m in scene.messages
    )
    return replace(scene, messages=tuple(changed))


@_after.register
def _(effect: KeepRun, scene: Scene) -> Scene:
    run = effect.run
    if all(r.id != run.id for r in scene.runs):
        return replace(scene, runs=(*scene.runs, run))
    return replace(scene, runs=tuple(run if r.id == run.id else r for r in scene.runs))


@_after.register
def _(effect: DropRun, scene: Scene) -> Scene:
    return replace(scene, runs=tuple(r for r in scene.runs if r.id != effect.run))


@_after.register
def _(effect: StopContact, scene: Scene) -> Scene:
    return replace(scene, opted_out=scene.opted_out | {(effect.channel, effect.address)})


def _with_participant(scene: Scene, **changes: object) -> Scene:
    """The scene with its participant changed; as it is where the customer has not joined."""
    if scene.participant is None:
        return scene
    return replace(scene, participant=replace(scene.participant, **changes))  # type: ignore[arg-type]
