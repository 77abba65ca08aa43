"""The life of a communication: planned, opened, answered, ended. Statuses only move up, and a final one stays.

The statuses and what may follow what: section 7 of the design.
"""

from dataclasses import replace
from datetime import datetime

from rules.agents.base import Agent, Say
from rules.effects import (
    FAILED_TIMER,
    REPLY_TIMER,
    SETTLE_TIMER,
    START_TIMER,
    CancelMessages,
    ChangeCommunication,
    ClearTimer,
    PlanCommunication,
    SetTimer,
)
from rules.events import MessageReceived
from rules.facts import Fact, Trigger
from rules.scene import Communication, Scene, Talk
from rules.statuses import COMMUNICATION_RANK, CommunicationStatus
from rules.templates import RenderFailed
from rules.turn import Turn

OPTED_OUT = "opted out"


def plan(turn: Turn, node: str, agent: str, channel: str, at: datetime) -> Communication:
    """A new communication of ``node`` (full name), opened at once if ``at`` (UTC) has come; as it then stands."""
    planned = _planned(turn, node, agent, channel, at)
    if reason := _refusal(turn.scene, planned, turn.rulebook.channels[channel].identifier):
        return _finish(turn, planned, CommunicationStatus.SKIPPED, reason)
    if at <= turn.now:
        return open_communication(turn, planned)
    turn.put(SetTimer(planned.id, START_TIMER, at))
    return planned


def skip(turn: Turn, node: str, agent: str, channel: str, reason: str) -> Communication:
    """A communication that cannot be planned: it exists, and it ends Skipped at once."""
    return _finish(turn, _planned(turn, node, agent, channel, turn.now), CommunicationStatus.SKIPPED, reason)


def _planned(turn: Turn, node: str, agent: str, channel: str, at: datetime) -> Communication:
    address, thread = _place(turn, channel, at)
    planned = Communication(
        id=turn.new_id(),
        flow=node.split(".", 1)[0],
        node=node,
        agent=agent,
        channel=channel,
        address=address,
        rules=turn.rulebook.hash,
        at=at,
        thread=thread,
    )
    turn.put(PlanCommunication(planned))
    return planned


def open_communication(turn: Turn, planned: Communication) -> Communication:
    """The agent speaks first; Skipped where nothing can be sent any more. As it then stands."""
    channel = turn.rulebook.channels.get(planned.channel)
    address = planned.address if planned.thread or not channel else _address(turn, planned.channel)
    agent = agent_of(turn, planned)
    ready = replace(planned, address=address, opened=True)
    if channel is None or agent is None:
        gone = f"channel {planned.channel}" if channel is None else f"agent {planned.agent}"
        return end(turn, planned, CommunicationStatus.SKIPPED, f"{gone} is no longer in the rule file")
    if reason := _refusal(turn.scene, ready, channel.identifier):
        return end(turn, planned, CommunicationStatus.SKIPPED, reason)
    return _open(turn, planned, ready, agent)


def _open(turn: Turn, planned: Communication, ready: Communication, agent: Agent) -> Communication:
    try:
        step = agent.open(turn.scope_about(planned))
    except RenderFailed as problem:
        return end(turn, planned, CommunicationStatus.SKIPPED, str(problem))
    if not any(said.text.strip() for said in step.says):
        return end(turn, planned, CommunicationStatus.SKIPPED, "there is nothing to say")
    opened = _change(turn, replace(ready, talk=step.talk))
    _say(turn, opened, step.says)
    return end(turn, opened, CommunicationStatus.COMPLETED) if step.done and agent.expects_reply else opened


def hear(turn: Turn, communication: Communication, text: str) -> None:
    """The person answered: the agent goes on, asks again or is done."""
    agent = agent_of(turn, communication)
    if agent is None:
        reason = f"agent {communication.agent} is no longer in the rule file"
        end(turn, communication, CommunicationStatus.CANCELED, reason)
        return
    try:
        step = agent.hear(communication.talk, text, turn.scope_about(communication))
    except RenderFailed as problem:
        end(turn, communication, CommunicationStatus.FAILED, str(problem))
        return
    heard = _replied(turn, communication, step.talk)
    _say(turn, heard, step.says)
    if step.done:
        end(turn, heard, CommunicationStatus.COMPLETED)
    else:
        await_reply(turn, heard)


def _replied(turn: Turn, communication: Communication, talk: Talk) -> Communication:
    """Communication Updated fires once for a message, and only if it changed the status or the results."""
    heard = replace(communication, status=CommunicationStatus.REPLIED, talk=talk)
    if heard != communication:
        _change(turn, heard)
    if heard.status != communication.status or talk.results != communication.talk.results:
        turn.raise_fact(about(Trigger.COMMUNICATION_UPDATED, heard))
    return heard


def await_reply(turn: Turn, communication: Communication) -> None:
    """The person has ``reply_within`` from now; nothing where the agent expects no answer."""
    agent = agent_of(turn, communication)
    if agent is not None and agent.reply_within is not None:
        turn.put(SetTimer(communication.id, REPLY_TIMER, turn.now + agent.reply_within))


def move_up(turn: Turn, communication: Communication, status: CommunicationStatus) -> Communication:
    """The communication at ``status`` if that is higher than where it stands; Communication Updated fires then."""
    if COMMUNICATION_RANK[status] <= COMMUNICATION_RANK[communication.status]:
        return communication
    moved = _change(turn, replace(communication, status=status))
    turn.raise_fact(about(Trigger.COMMUNICATION_UPDATED, moved))
    return moved


def end(turn: Turn, communication: Communication, status: CommunicationStatus, reason: str = "") -> Communication:
    """The communication at a final status: its timers are cleared, Communication Ended fires."""
    if communication.opened and status is not CommunicationStatus.COMPLETED:  # a closing text is still to be sent
        turn.put(CancelMessages(communication.id))
    for name in (FAILED_TIMER, REPLY_TIMER, SETTLE_TIMER) if communication.opened else (START_TIMER,):
        turn.put(ClearTimer(communication.id, name))
    return _finish(turn, communication, status, reason)


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


def _place(turn: Turn, channel: str, at: datetime) -> tuple[str, str]:
    """The address and the thread: a talk that a message in a thread begins at once on that channel goes on there."""
    asked = turn.event
    if isinstance(asked, MessageReceived) and asked.thread and asked.channel == channel and at <= turn.now:
        return asked.address, asked.thread
    return _address(turn, channel), ""


def _address(turn: Turn, channel: str) -> str:
    return turn.scene.customer.identifiers.get(turn.rulebook.channels[channel].identifier, "")


def _refusal(scene: Scene, communication: Communication, identifier: str) -> str:
    """Why nothing may be sent there; "" where it may."""
    if not communication.address:
        return f"no {identifier}"
    return OPTED_OUT if (communication.channel, communication.address) in scene.opted_out else ""


def _say(turn: Turn, communication: Communication, says: tuple[Say, ...]) -> None:
    for said in says:
        turn.send(
            communication.channel,
            communication.address,
            said.text,
            thread=communication.thread,
            communication=communication.id,
            choices=said.choices,
        )


def _change(turn: Turn, communication: Communication) -> Communication:
    turn.put(ChangeCommunication(communication))
    return communication


def _finish(turn: Turn, communication: Communication, status: CommunicationStatus, reason: str = "") -> Communication:
    ended = _change(turn, replace(communication, status=status, reason=reason))
    turn.raise_fact(about(Trigger.COMMUNICATION_ENDED, ended))
    return ended
