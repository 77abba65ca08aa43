"""A talk that a service holds goes on when its call has come to an end."""

from rules.agents.base import AskingAgent, Step
from rules.attempts import give_up
from rules.calling import reason_of
from rules.communications import about, agent_of, await_reply, end, say_all, talk_after
from rules.copies import replace
from rules.effects import ChangeCommunication
from rules.events import CallAnswered
from rules.facts import Trigger
from rules.reaction import Applied
from rules.scene import Communication
from rules.statuses import CommunicationStatus
from rules.templates import RenderFailed
from rules.turn import Turn


def take_call(turn: Turn, answered: CallAnswered) -> Applied:
    """The agent goes on with the answer; one that the communication does not wait for (any more) is stale."""
    communication = next((c for c in turn.scene.communications if c.id == answered.subject), None)
    if communication is None or not communication.is_open or communication.talk.asked != answered.call:
        turn.note = _why_stale(communication)
        return Applied.STALE
    agent = agent_of(turn, communication)
    if isinstance(agent, AskingAgent):
        _go_on(turn, communication, agent, answered)
    else:
        reason = f"agent {communication.agent} no longer asks a service in the rule file"
        end(turn, _silenced(communication), CommunicationStatus.CANCELED, reason)
    return Applied.APPLIED


def _why_stale(communication: Communication | None) -> str:
    if communication is None:
        return "nothing waits for the answer any more"
    if communication.is_open:
        return "the answer came too late: its communication does not wait for it any more"
    return f"the answer came too late for its communication, which is {communication.status.value}"


def _go_on(turn: Turn, communication: Communication, agent: AskingAgent, answered: CallAnswered) -> None:
    try:
        step = _step(turn, communication, agent, answered)
    except RenderFailed as problem:
        end(turn, _silenced(communication), CommunicationStatus.FAILED, str(problem))
        return
    if step is None:
        unasked = replace(communication, talk=replace(communication.talk, asked=""))  # a retry asks what still waits
        give_up(turn, unasked, CommunicationStatus.FAILED, reason_of(answered))
    else:
        _apply(turn, communication, agent, step)


def _step(turn: Turn, communication: Communication, agent: AskingAgent, answered: CallAnswered) -> Step | None:
    talk, scope = communication.talk, turn.scope_about(communication)
    if answered.answer is not None:
        return agent.answered(talk, answered.answer, scope)
    turn.note = reason_of(answered)
    return agent.unanswered(talk, scope)


def _apply(turn: Turn, communication: Communication, agent: AskingAgent, step: Step) -> None:
    """What the service recorded is an update of the communication, once the person knows of it."""
    after = replace(communication, talk=talk_after(turn, communication, agent, step))
    turn.put(ChangeCommunication(after))
    known = communication.status is not CommunicationStatus.PLANNED
    if known and after.talk.results != communication.talk.results:
        turn.raise_fact(about(Trigger.COMMUNICATION_UPDATED, after))
    say_all(turn, after, step.says)
    if step.done:
        end(turn, after, CommunicationStatus.COMPLETED)
    else:
        await_reply(turn, after)


def _silenced(communication: Communication) -> Communication:
    """The communication as it ends: no answer is waited for any more."""
    return replace(communication, talk=replace(communication.talk, asked="", pending=()))
