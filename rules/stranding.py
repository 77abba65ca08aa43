"""What waits for something that will not come: it ends where the operator dropped that, else it gets a time anew."""

from rules.attempts import failures, messages_of
from rules.communications import agent_of, await_reply, end, is_answered
from rules.conduct import conduct_of
from rules.effects import FAILED_TIMER, FALLBACK_TIMER, RETRY_TIMER, SETTLE_TIMER, START_TIMER, SetTimer
from rules.events import Stranded
from rules.reaction import Applied
from rules.runs import drop, find_run, keep_until
from rules.scene import Communication, Run
from rules.statuses import CommunicationStatus
from rules.turn import Turn

FAILED = CommunicationStatus.FAILED
GONE = "nothing waits for it any more"


def take_stranded(turn: Turn, stranded: Stranded) -> Applied:
    """End it, or let it go on. That nothing else is waited for is trusted: who brings it here has made sure."""
    run = find_run(turn, stranded.subject)
    talks = (c for c in turn.scene.communications if c.id == stranded.subject and c.is_open)
    communication = next(talks, None)
    if run is not None:
        return _end_run(turn, run, stranded.reason) if stranded.reason else _time_run(turn, run)
    if communication is None:
        turn.note = GONE
        return Applied.STALE
    if stranded.reason:
        end(turn, communication, FAILED, stranded.reason)
    else:
        _time(turn, communication)
    return Applied.APPLIED


def _end_run(turn: Turn, run: Run, reason: str) -> Applied:
    drop(turn, run)
    turn.note = f"a path ends at {run.node}: {reason}"
    return Applied.APPLIED


def _time_run(turn: Turn, run: Run) -> Applied:
    """It goes on when it was to go on, which is now where that has passed."""
    if run.due is None:
        return Applied.STALE
    keep_until(turn, run, run.due)
    turn.note = f"the path at {run.node} had lost its time"
    return Applied.APPLIED


def _time(turn: Turn, communication: Communication) -> None:
    """It begins at its time; once begun it goes on as after the last thing that is known of it."""
    turn.note = f"the communication of {communication.node} had lost its time"
    if not communication.opened:
        turn.put(SetTimer(communication.id, START_TIMER, max(communication.at, turn.now)))
    elif not any(m.attempt == communication.attempt for m in messages_of(turn, communication)):
        turn.put(SetTimer(communication.id, _next_attempt(turn, communication), turn.now))
    elif is_answered(communication):
        _await_answer(turn, communication)
    elif failures(turn, communication, communication.attempt):
        turn.put(SetTimer(communication.id, FAILED_TIMER, turn.now))
    else:
        _await_answer(turn, communication)


def _next_attempt(turn: Turn, communication: Communication) -> str:
    left = communication.retried < len(conduct_of(turn, communication).delays)
    return RETRY_TIMER if left else FALLBACK_TIMER


def _await_answer(turn: Turn, communication: Communication) -> None:
    """The person has the time for an answer once more; where none is expected, that was all."""
    agent = agent_of(turn, communication)
    if agent is None:
        end(turn, communication, FAILED, f"agent {communication.agent} is no longer in the rule file")
    elif agent.expects_reply:
        await_reply(turn, communication)
    else:
        turn.put(SetTimer(communication.id, SETTLE_TIMER, turn.now))
