"""One communication, several attempts: again on its channel, then on others. It ends once these are used up.

An attempt that is given up has a number of its own, so that what is heard of its messages later is not taken for news
of the next one (see `rules.receipts`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from rules.agents.base import Agent, Step
from rules.communications import agent_of, await_reply, change, end, is_answered, says_anything, speak
from rules.conduct import Conduct, conduct_of
from rules.copies import replace
from rules.effects import FAILED_TIMER, FALLBACK_TIMER, REPLY_TIMER, RETRY_TIMER, SETTLE_TIMER, ClearTimer, SetTimer
from rules.operations import as_written, shift
from rules.reaching import first_reached
from rules.scene import Communication, Message
from rules.statuses import NEGATIVE, CommunicationStatus
from rules.templates import RenderFailed
from rules.timing import may_go_on
from rules.turn import Turn


def give_up(turn: Turn, communication: Communication, status: CommunicationStatus, reason: str = "") -> None:
    """The attempt came to nothing, and ``status`` says how: the next one follows, or the communication so ends."""
    conduct = conduct_of(turn, communication)
    due = _retry_due(turn, communication, conduct, status)
    if due is not None:
        _await_attempt(turn, communication, RETRY_TIMER, due)
        return
    refusal = _fall_back(turn, communication, conduct) if status in conduct.falls_back_on else ""
    if refusal is not None:
        end(turn, communication, status, _without_fallback(told(turn, communication, status, reason), refusal))


def take_retry(turn: Turn, communication: Communication) -> bool:
    """The time of the next attempt on the same channel has come. Whether that mattered."""
    return _take(turn, communication, RETRY_TIMER)


def take_fallback(turn: Turn, communication: Communication) -> bool:
    """The time of the next attempt, on the next channel, has come. Whether that mattered."""
    return _take(turn, communication, FALLBACK_TIMER)


def failures(turn: Turn, communication: Communication, attempt: int) -> list[Message]:
    """The messages of the attempt that stand as failed."""
    return [m for m in messages_of(turn, communication) if m.attempt == attempt and m.status in NEGATIVE]


def messages_of(turn: Turn, communication: Communication) -> list[Message]:
    return [m for m in turn.scene.messages if m.communication == communication.id]


def told(turn: Turn, communication: Communication, status: CommunicationStatus, reason: str) -> str:
    """The reason of the end: it names the attempts where there were several."""
    made = {m.attempt for m in messages_of(turn, communication)}
    if len(made) < 2:
        return reason or (_unanswered(turn, communication) if status is CommunicationStatus.NO_RESPONSE else "")
    failed = {attempt for attempt in made if failures(turn, communication, attempt)}
    if status is CommunicationStatus.NO_RESPONSE and failed:
        words = f"no response, and {len(failed)} of {len(made)} attempts failed"
    elif status is CommunicationStatus.NO_RESPONSE:
        words = f"no response to {len(made)} attempts"
    elif status is CommunicationStatus.FAILED and failed == made:
        words = f"failed {len(made)} times"
    else:
        words = f"{status.value} after {len(made)} attempts"
    return f"{words}: {reason}" if reason else words


def _unanswered(turn: Turn, communication: Communication) -> str:
    agent = agent_of(turn, communication)
    within = agent.reply_within if agent is not None else None
    return f"no reply within {as_written(within)}" if within is not None else "no reply"


def _without_fallback(reason: str, refusal: str) -> str:
    """The reason of the end; why nobody was to be reached elsewhere belongs to it."""
    return "; ".join(filter(None, (reason, f"no fallback: {refusal}" if refusal else "")))


def _retry_due(turn: Turn, at: Communication, conduct: Conduct, status: CommunicationStatus) -> datetime | None:
    """When the next attempt on this channel is to be made; None where none is."""
    if status not in conduct.retried_on or at.retried >= len(conduct.delays):
        return None
    later = shift(turn.now, conduct.delays[at.retried])
    return _in_time(turn, at, conduct, later) if isinstance(later, datetime) else None


def _in_time(turn: Turn, communication: Communication, conduct: Conduct, start: datetime) -> datetime | None:
    """The first moment from ``start`` on at which the agent may speak again, None where that is past its expiry."""
    allowed = may_go_on(turn, conduct, start)
    late = allowed is not None and communication.expires is not None and allowed >= communication.expires
    return None if late else allowed


def _await_attempt(turn: Turn, communication: Communication, timer: str, due: datetime) -> None:
    change(turn, _following(turn, communication))
    turn.put(SetTimer(communication.id, timer, due))


def _following(turn: Turn, communication: Communication) -> Communication:
    """The communication in its next attempt; nothing of the last one is waited for any more."""
    for timer in (FAILED_TIMER, REPLY_TIMER, SETTLE_TIMER):
        turn.put(ClearTimer(communication.id, timer))
    return replace(communication, attempt=communication.attempt + 1)


def _fall_back(turn: Turn, communication: Communication, conduct: Conduct) -> str | None:
    """Go on elsewhere, at once or as soon as its hours allow: None. Else why nobody is to be reached there, "" where
    nothing is left to fall back to."""
    there, refusal = first_reached(turn, communication, conduct.channels_after(communication.channel))
    begins = _in_time(turn, communication, conduct, turn.now)
    if there is communication or refusal or begins is None:
        return refusal
    if begins > turn.now or not turn.scene.active:
        _await_attempt(turn, communication, FALLBACK_TIMER, begins)
    else:
        _speak_again(turn, _following(turn, there))
    return None


def _take(turn: Turn, communication: Communication, timer: str) -> bool:
    if not communication.opened:
        return False
    if not turn.scene.active:
        turn.note = "the campaign does not run: the next attempt waits"
        return False
    conduct = conduct_of(turn, communication)
    begins = _in_time(turn, communication, conduct, turn.now)
    if begins is None:
        _conclude(turn, communication)
    elif begins > turn.now:
        turn.put(SetTimer(communication.id, timer, begins))
    else:
        _ATTEMPTS[timer](turn, communication, conduct)
    return True


def _retry(turn: Turn, communication: Communication, conduct: Conduct) -> None:
    """Again at the address that the customer has by now; who is not to be reached there any more, elsewhere."""
    here, refusal = first_reached(turn, communication, (communication.channel,))
    if communication.retried >= len(conduct.delays):
        _conclude(turn, communication)
    elif not refusal:
        _speak_again(turn, replace(here, retried=here.retried + 1))
    elif CommunicationStatus.SKIPPED in conduct.falls_back_on:
        _go_elsewhere(turn, communication, conduct)
    else:
        skipped = CommunicationStatus.SKIPPED
        end(turn, communication, skipped, told(turn, communication, skipped, refusal))


def _go_elsewhere(turn: Turn, communication: Communication, conduct: Conduct) -> None:
    there, refusal = first_reached(turn, communication, conduct.channels_after(communication.channel))
    if refusal or there is communication:
        _conclude(turn, communication, refusal)
    else:
        _speak_again(turn, there)


_ATTEMPTS: Mapping[str, Callable[[Turn, Communication, Conduct], None]] = {
    RETRY_TIMER: _retry,
    FALLBACK_TIMER: _go_elsewhere,
}


def _conclude(turn: Turn, communication: Communication, refusal: str = "") -> None:
    """No attempt follows after all: the communication ends as the last one did."""
    last = max((m.attempt for m in messages_of(turn, communication)), default=communication.attempt)
    failed = failures(turn, communication, last)
    status = CommunicationStatus.FAILED if failed else CommunicationStatus.NO_RESPONSE
    reason = told(turn, communication, status, failed[-1].error if failed else "")
    end(turn, communication, status, _without_fallback(reason, refusal))


def _speak_again(turn: Turn, communication: Communication) -> None:
    """The agent says again what is due. An answered talk waits for the answer from now on, as it does otherwise."""
    change(turn, communication)
    agent = agent_of(turn, communication)
    if agent is None:
        _conclude(turn, communication)
        return
    try:
        step = _again(turn, communication, agent)
    except RenderFailed as problem:
        end(turn, communication, CommunicationStatus.FAILED, str(problem))
        return
    if not communication.talk.asked and not says_anything(step):
        end(turn, communication, CommunicationStatus.FAILED, "there is nothing to say")
        return
    spoken = speak(turn, communication, agent, step)
    if spoken.is_open and is_answered(spoken):
        await_reply(turn, spoken)


def _again(turn: Turn, communication: Communication, agent: Agent) -> Step:
    """Who has not answered yet hears the beginning again; of a service that is being asked, the answer is said."""
    if communication.talk.asked:
        return Step(communication.talk)
    scope = turn.scope_about(communication)
    return agent.again(communication.talk, scope) if is_answered(communication) else agent.open(scope)
