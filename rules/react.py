"""`react`: what one event leads to. Pure: the same event, scene and time always give the same reaction."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rules.book import Rulebook
from rules.communications import OPTED_OUT, end, hear
from rules.effects import WAIT_TIMER, EnterCampaign, ReleaseFacts
from rules.events import (
    HELP,
    STOP,
    CallAnswered,
    CampaignStarted,
    ContactStopped,
    Event,
    MessageReceived,
    ParticipantEnrolled,
    ParticipantGiven,
    ParticipantRemoved,
    ReceiptArrived,
    Settled,
    Stranded,
    TimerDue,
)
from rules.facts import Fact, Trigger
from rules.leaving import take_removed
from rules.participants import enroll_again, start, take_participant
from rules.reaction import Applied, Reaction
from rules.receipts import take_receipt, take_timer
from rules.runs import find_run, go_on, time_anew
from rules.scene import Communication, Scene
from rules.settling import take_settled
from rules.statuses import CommunicationStatus
from rules.stranding import take_stranded
from rules.talking import take_call
from rules.turn import Turn
from rules.walk import Walk
from rules.watching import Watch


def react(rulebook: Rulebook, event: Event, scene: Scene, now: datetime, watch: Watch | None = None) -> Reaction:
    """Decide ``event`` at ``now`` (UTC); the effects are asked for, nothing happens here. ``watch`` hears how.

    What was held while the campaign did not run goes before the event. For a receipt or a timer ``scene.messages``
    must hold every outbound message of the communication it is about. That a timer still stands is trusted: who brings
    it here has made sure that it was not cleared or set anew.
    Raises `LoopFound` when the flows do not come to an end within the budgets: none of the effects may happen then.
    """
    turn = Turn(rulebook, event, scene, now, watch)
    _work_off_held(turn)
    applied = TAKES[type(event)](turn, event)
    Walk(turn).work_off()
    if turn.changed and turn.scene.runs:
        time_anew(turn)
    return Reaction(applied, turn.scene, tuple(turn.effects), tuple(turn.log), turn.note)


def _work_off_held(turn: Turn) -> None:
    """What was held while the campaign did not run, oldest first; who joined meanwhile enters.

    Each fact has the budgets of an event of its own, and sees nothing of the event that comes after it.
    """
    participant, event = turn.scene.participant, turn.event
    if participant is None or not participant.held or not turn.scene.active:
        return
    if isinstance(turn.event, ParticipantRemoved):  # what nobody has begun yet need not begin
        return
    message, turn.message = turn.message, None
    turn.event = CampaignStarted(id=event.id, at=event.at)
    turn.put(ReleaseFacts())
    if not participant.entered:
        turn.put(EnterCampaign())
    for fact in participant.held:
        turn.raise_fact(fact)
        Walk(turn).work_off()
    turn.event, turn.message = event, message


def take_message(turn: Turn, message: MessageReceived) -> Applied:
    """An answer goes to its communication; anything else is an incoming session.

    Words of consent never reach an agent or a flow, but for START, which is a message, too.
    """
    if message.consent == STOP:
        _stop(turn, message.channel, message.address)
    elif message.consent == HELP:
        turn.note = "the provider answers a call for help"
    elif answered := _answered(turn, message):
        turn.message = replace(message, communication=answered.id)
        hear(turn, answered, message.text)
    else:
        turn.message = replace(message, communication="") if message.communication else message
        turn.raise_fact(Fact(Trigger.INCOMING_SESSION, channel=message.channel, keyword=message.keyword))
    return Applied.APPLIED


def take_stopped(turn: Turn, stopped: ContactStopped) -> Applied:
    """As after a STOP of the person."""
    _stop(turn, stopped.channel, stopped.address)
    return Applied.APPLIED if turn.effects else Applied.UNCHANGED


def _stop(turn: Turn, channel: str, address: str) -> None:
    """What is open there ends. The scene knows of the opt-out at once, so that no flow plans anew what was canceled."""
    where = (channel, address)
    turn.scene = replace(turn.scene, opted_out=turn.scene.opted_out | {where})
    for communication in turn.scene.communications:
        if communication.is_open and (communication.channel, communication.address) == where:
            end(turn, communication, CommunicationStatus.CANCELED, OPTED_OUT)


def _answered(turn: Turn, message: MessageReceived) -> Communication | None:
    """The latest open communication that lives where the message came from, and that spoke before; or the one that
    the message is known to answer."""
    where = (message.channel, message.address, message.thread)
    spoke = {c.id for c in turn.before.communications if c.opened}
    opened = (c for c in reversed(turn.scene.communications) if c.is_open and c.id in spoke)
    if message.communication:
        return next((c for c in opened if c.id == message.communication), None)
    return next((c for c in opened if (c.channel, c.address, c.thread) == where), None)


def take_due(turn: Turn, timer: TimerDue) -> Applied:
    """A run goes on; any other timer is a communication's."""
    if timer.name == WAIT_TIMER:
        run = find_run(turn, timer.subject)
        return go_on(turn, run) if run is not None and run.due is not None else Applied.STALE
    return take_timer(turn, timer)


def take_answer(turn: Turn, answered: CallAnswered) -> Applied:
    """The run or the communication that waits for this answer goes on."""
    run = find_run(turn, answered.subject)
    if run is None:
        return take_call(turn, answered)
    return go_on(turn, run, answered) if run.call == answered.call else Applied.STALE


TAKES: Mapping[type[Event], Callable[[Turn, Any], Applied]] = {
    ParticipantGiven: take_participant,
    CampaignStarted: start,
    ParticipantEnrolled: enroll_again,
    ParticipantRemoved: take_removed,
    ContactStopped: take_stopped,
    MessageReceived: take_message,
    ReceiptArrived: take_receipt,
    TimerDue: take_due,
    CallAnswered: take_answer,
    Settled: take_settled,
    Stranded: take_stranded,
}
