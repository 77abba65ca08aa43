"""What providers report and what timers remind of. All orders of the same receipts end the same.

Twilio guarantees no order of status callbacks and may repeat them; so a receipt counts only if its rank is higher,
and a failure is held for a while in which a shuffled `delivered` can still win (sections 7 and 3.4 of the design and
its research).
"""

from datetime import timedelta

from rules.attempts import failures, give_up, take_fallback, take_retry
from rules.communications import agent_of, await_reply, end, is_answered, move_up
from rules.effects import (
    EXPIRE_TIMER,
    FAILED_TIMER,
    FALLBACK_TIMER,
    REPLY_TIMER,
    RETRY_TIMER,
    SETTLE_TIMER,
    START_TIMER,
    ChangeMessage,
    ClearTimer,
    SetTimer,
)
from rules.events import ReceiptArrived, TimerDue
from rules.planning import expire, start
from rules.reaction import Applied
from rules.scene import Communication, Message
from rules.statuses import NEGATIVE, CommunicationStatus, MessageStatus, message_rank
from rules.turn import Turn

FAILURE_HELD = timedelta(seconds=10)
SETTLES_AFTER = timedelta(hours=1)  # accepted, no answer expected, and no delivery receipt: taken as complete

PROVES = {
    MessageStatus.ACCEPTED: CommunicationStatus.STARTED,
    MessageStatus.QUEUED: CommunicationStatus.STARTED,
    MessageStatus.SENDING: CommunicationStatus.STARTED,
    MessageStatus.SENT: CommunicationStatus.STARTED,
    MessageStatus.DELIVERED: CommunicationStatus.DELIVERED,
    MessageStatus.READ: CommunicationStatus.READ,
}


def take_receipt(turn: Turn, receipt: ReceiptArrived) -> Applied:
    """Move the message up, and its communication with it."""
    message = next((m for m in turn.scene.messages if m.id == receipt.message), None)
    if message is None:
        return Applied.UNKNOWN
    if message_rank(receipt.status) <= message_rank(message.status):
        return Applied.STALE
    turn.put(ChangeMessage(message.id, receipt.status, receipt.error))
    communication = _find(turn, message.communication)
    if communication is not None and communication.is_open:
        _carry_over(turn, communication, message, receipt)
    elif communication is not None:
        turn.note = f"too late for its communication, which is {communication.status.value}"
    return Applied.APPLIED


def _carry_over(turn: Turn, communication: Communication, before: Message, receipt: ReceiptArrived) -> None:
    """A later message that does not arrive in a talk that was answered ends nothing: the reply timer decides. Nor does
    one of an attempt that was given up: the next one decides."""
    status = MessageStatus(receipt.status)
    if status not in NEGATIVE:
        _proceed(turn, communication, before, status)
    elif before.attempt < communication.attempt:
        turn.note = f"news of attempt {before.attempt}, which was given up"
    elif is_answered(communication):
        turn.note = f"a later message of an answered communication {'was not sent' if receipt.skipped else 'failed'}"
    elif receipt.skipped:
        give_up(turn, communication, CommunicationStatus.SKIPPED, receipt.error)
    else:
        turn.put(SetTimer(communication.id, FAILED_TIMER, turn.now + FAILURE_HELD))


def _proceed(turn: Turn, communication: Communication, before: Message, status: MessageStatus) -> None:
    moved = move_up(turn, communication, PROVES[status])
    present = before.attempt == communication.attempt
    if present and before.status in NEGATIVE and not failures(turn, communication, communication.attempt):
        turn.put(ClearTimer(communication.id, FAILED_TIMER))
    if _expects_reply(turn, communication):
        if present and (not before.status or before.status in NEGATIVE):
            await_reply(turn, moved)
    elif status in (MessageStatus.DELIVERED, MessageStatus.READ):
        end(turn, moved, CommunicationStatus.COMPLETED)
    elif present:
        turn.put(SetTimer(communication.id, SETTLE_TIMER, turn.now + SETTLES_AFTER))


def take_timer(turn: Turn, timer: TimerDue) -> Applied:
    """Do what the timer was for, unless the communication has gone past it."""
    communication = _find(turn, timer.subject)
    if communication is None:
        return Applied.UNKNOWN
    due = DUE.get(timer.name)
    acts = due is not None and communication.is_open and due(turn, communication)
    return Applied.APPLIED if acts else Applied.STALE


def _no_response(turn: Turn, communication: Communication) -> bool:
    if communication.opened:
        give_up(turn, communication, CommunicationStatus.NO_RESPONSE)
    return communication.opened


def _fail(turn: Turn, communication: Communication) -> bool:
    failed = failures(turn, communication, communication.attempt)
    if failed and not is_answered(communication):
        give_up(turn, communication, CommunicationStatus.FAILED, failed[-1].error)
        return True
    return False


def _settle(turn: Turn, communication: Communication) -> bool:
    if failures(turn, communication, communication.attempt) or not communication.opened:
        return False
    end(turn, communication, CommunicationStatus.COMPLETED)
    return True


DUE = {
    START_TIMER: start,
    EXPIRE_TIMER: expire,
    REPLY_TIMER: _no_response,
    FAILED_TIMER: _fail,
    SETTLE_TIMER: _settle,
    RETRY_TIMER: take_retry,
    FALLBACK_TIMER: take_fallback,
}


def _find(turn: Turn, communication: str) -> Communication | None:
    return next((c for c in turn.scene.communications if c.id == communication), None)


def _expects_reply(turn: Turn, communication: Communication) -> bool:
    agent = agent_of(turn, communication)
    return agent is not None and agent.expects_reply
