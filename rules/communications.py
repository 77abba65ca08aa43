"""The life of a communication: planned, opened, answered, ended. Statuses only move up, and a final one stays.

The statuses and what may follow what: section 7 of the design.
"""

from rules.agents.base import Agent, AskingAgent, Say, Step
from rules.calling import ask_about
from rules.copies import replace
from rules.effects import (
    EXPIRE_TIMER,
    FAILED_TIMER,
    FALLBACK_TIMER,
    REPLY_TIMER,
    RETRY_TIMER,
    SETTLE_TIMER,
    START_TIMER,
    CancelMessages,
    ChangeCommunication,
    ClearTimer,
    SetTimer,
)
from rules.facts import Fact, Trigger
from rules.scene import Communication, Talk
from rules.statuses import COMMUNICATION_RANK, CommunicationStatus
from rules.templates import RenderFailed
from rules.turn import Turn

OPTED_OUT = "opted out"


def speak(turn: Turn, communication: Communication, agent: Agent, step: Step) -> Communication:
    """The agent takes a step of its own accord, which begins an attempt; the communication as it then stands."""
    spoken = change(turn, replace(communication, talk=talk_after(turn, communication, agent, step)))
    say_all(turn, spoken, step.says)
    return end(turn, spoken, CommunicationStatus.COMPLETED) if step.done and agent.expects_reply else spoken


def says_anything(step: Step) -> bool:
    """Whether the person hears something, or a service is asked what to say."""
    return step.asks is not None or any(said.text.strip() for said in step.says)


def hear(turn: Turn, communication: Communication, text: str) -> None:
    """The person answered: the agent goes on, asks again or is done."""
    agent = agent_of(turn, communication)
    if agent is None:
        reason = f"agent {communication.agent} is no longer in the rule file"
        end(turn, communication, CommunicationStatus.CANCELED, reason)
        return
    clear_attempts(turn, communication)
    try:
        step = agent.hear(communication.talk, text, turn.scope_about(communication))
    except RenderFailed as problem:
        end(turn, communication, CommunicationStatus.FAILED, str(problem))
        return
    heard = _replied(turn, communication, talk_after(turn, communication, agent, step))
    say_all(turn, heard, step.says)
    if step.done:
        end(turn, heard, CommunicationStatus.COMPLETED)
    else:
        await_reply(turn, heard)


def _replied(turn: Turn, communication: Communication, talk: Talk) -> Communication:
    """Communication Updated fires once for a message, and only if it changed the status or the results."""
    heard = replace(communication, status=CommunicationStatus.REPLIED, talk=talk)
    if heard != communication:
        change(turn, heard)
    if heard.status != communication.status or talk.results != communication.talk.results:
        turn.raise_fact(about(Trigger.COMMUNICATION_UPDATED, heard))
    return heard


def await_reply(turn: Turn, communication: Communication) -> None:
    """The person has ``reply_within`` from now; nothing where the agent expects no answer.

    While a service is asked it is not the person who keeps the talk waiting: no time runs.
    """
    agent = agent_of(turn, communication)
    if communication.talk.asked:
        turn.put(ClearTimer(communication.id, REPLY_TIMER))
    elif agent is not None and agent.reply_within is not None:
        turn.put(SetTimer(communication.id, REPLY_TIMER, turn.now + agent.reply_within))


def move_up(turn: Turn, communication: Communication, status: CommunicationStatus) -> Communication:
    """The communication at ``status`` if that is higher than where it stands; Communication Updated fires then."""
    if COMMUNICATION_RANK[status] <= COMMUNICATION_RANK[communication.status]:
        return communication
    moved = change(turn, replace(communication, status=status))
    turn.raise_fact(about(Trigger.COMMUNICATION_UPDATED, moved))
    return moved


def end(turn: Turn, communication: Communication, status: CommunicationStatus, reason: str = "") -> Communication:
    """The communication at a final status: its timers are cleared, Communication Ended fires."""
    if communication.opened and status is not CommunicationStatus.COMPLETED:  # a closing text is still to be sent
        turn.put(CancelMessages(communication.id))
    unopened = (START_TIMER, EXPIRE_TIMER) if communication.expires else (START_TIMER,)
    for name in (FAILED_TIMER, REPLY_TIMER, SETTLE_TIMER) if communication.opened else unopened:
        turn.put(ClearTimer(communication.id, name))
    if communication.opened:
        clear_attempts(turn, communication)
    return finish(turn, communication, status, reason)


def clear_attempts(turn: Turn, communication: Communication) -> None:
    """No next attempt is waited for, if one was (the first never is): the person was heard, or it is over."""
    if communication.attempt > 1:
        for name in (RETRY_TIMER, FALLBACK_TIMER):
            turn.put(ClearTimer(communication.id, name))


def is_answered(communication: Communication) -> bool:
    return COMMUNICATION_RANK[communication.status] >= COMMUNICATION_RANK[CommunicationStatus.REPLIED]


def cancel(turn: Turn, nodes: tuple[str, ...]) -> int:
    """End what is still planned by ``nodes`` (full names; empty: by any) as Canceled; how many there were."""
    waiting = [c for c in turn.scene.communications if c.status is CommunicationStatus.PLANNED]
    chosen = [c for c in waiting if not nodes or c.node in nodes]
    for communication in chosen:
        end(turn, communication, CommunicationStatus.CANCELED, "canceled by the rules")
    return len(chosen)


def agent_of(turn: Turn, communication: Communication) -> Agent | None:
    """The agent as the rule file had it when the communication began; None where it is not to be found."""
    return turn.book_of(communication).agents.get(communication.agent)


def about(trigger: Trigger, communication: Communication) -> Fact:
    """The fact that something happened to this communication."""
    return Fact(
        trigger,
        of=communication.node,
        status=communication.status.value,
        channel=communication.channel,
        communication=communication.id,
    )


def talk_after(turn: Turn, communication: Communication, agent: Agent, step: Step) -> Talk:
    """The talk after the step, whose note is taken; where the step asks the agent's service, its answer is awaited."""
    turn.note = step.note or turn.note
    if step.asks is None or not isinstance(agent, AskingAgent):
        return step.talk
    return replace(step.talk, asked=ask_about(turn, communication, agent.service, step.asks))


def say_all(turn: Turn, communication: Communication, says: tuple[Say, ...]) -> None:
    """Owe what the agent says."""
    channel = turn.rulebook.channels.get(communication.channel)
    buttons = channel is not None and channel.has_buttons
    for said in says:
        turn.send(
            communication.channel,
            communication.address,
            said.text if buttons else said.without_buttons,
            thread=communication.thread,
            communication=communication.id,
            choices=said.choices,
            attempt=communication.attempt,
        )


def change(turn: Turn, communication: Communication) -> Communication:
    """The communication now is this."""
    turn.put(ChangeCommunication(communication))
    return communication


def finish(turn: Turn, communication: Communication, status: CommunicationStatus, reason: str = "") -> Communication:
    """The communication at a final status; Communication Ended fires."""
    ended = change(turn, replace(communication, status=status, reason=reason))
    turn.raise_fact(about(Trigger.COMMUNICATION_ENDED, ended))
    return ended
