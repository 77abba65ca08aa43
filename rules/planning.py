"""How a communication comes to begin: planned for its time on the first channel that reaches the person, or skipped."""

from datetime import datetime, timedelta

from rules.agents.base import Agent, Step
from rules.communications import agent_of, change, end, finish, says_anything, speak
from rules.conduct import Conduct, Contacting, conduct_of
from rules.copies import replace
from rules.effects import EXPIRE_TIMER, START_TIMER, ClearTimer, PlanCommunication, SetTimer
from rules.events import STOP, MessageReceived
from rules.operations import shift
from rules.reaching import address_on, first_reached
from rules.scene import Communication, Talk
from rules.statuses import CommunicationStatus
from rules.templates import RenderFailed
from rules.timing import may_answer, may_begin
from rules.turn import Turn

PROMPT = timedelta(minutes=5)  # so long after a message what it starts still answers it
NO_TIME = "there is no time at which it may begin"
EXPIRED = "expired"
EXPIRES_BEFORE = "expires before it may begin"
SKIPPED = CommunicationStatus.SKIPPED


def plan(turn: Turn, node: Contacting, at: datetime | None) -> Communication:
    """A new communication of ``node`` that begins at ``at`` (UTC; None: now) or as soon after it as it may; as it
    then stands.

    One without a time that answers what the person has just written is not held back by contact limits or pace.
    """
    prompt = at is None and asked(turn) is not None and may_answer(turn, node.conduct)
    wanted = at or turn.now
    begins = turn.now if prompt else may_begin(turn, node.conduct, max(wanted, turn.now))
    planned, refusal = _reached(turn, _new(turn, node, wanted, begins), node.conduct)
    turn.put(PlanCommunication(planned))
    if refusal or begins is None or _is_late(planned, begins):
        return finish(turn, planned, SKIPPED, refusal or _too_late(turn, planned, begins))
    if begins <= turn.now and (prompt or not turn.present.contact.pace):
        return _begin(turn, planned)
    return _await_start(turn, planned)


def skip(turn: Turn, node: Contacting, reason: str) -> Communication:
    """A communication that cannot be planned: it exists, and it ends Skipped at once."""
    planned = _new(turn, node, turn.now, turn.now)
    turn.put(PlanCommunication(planned))
    return finish(turn, planned, SKIPPED, reason)


def asked(turn: Turn) -> MessageReceived | None:
    """What the person has just written to start the path that is walked, if that is how it began; who wants to hear
    no more asked for nothing."""
    message = turn.message
    if message is None or message.consent == STOP:
        return None
    just_now = message.id == turn.event.id or turn.now - message.at < PROMPT
    return message if just_now else None


def start(turn: Turn, planned: Communication) -> bool:
    """Its time has come: it begins, unless rules, zone or caps have come to say otherwise. Whether that mattered."""
    if planned.opened:
        return False
    if not turn.scene.active:
        turn.note = "the campaign does not run: the communication stays planned"
        return False
    begins = may_begin(turn, conduct_of(turn, planned), turn.now)
    if begins is None or _is_late(planned, begins):
        end(turn, planned, SKIPPED, _too_late(turn, planned, begins))
    elif begins > turn.now:
        _await_start(turn, change(turn, replace(planned, at=begins)))
    else:
        _begin_planned(turn, planned)
    return True


def expire(turn: Turn, planned: Communication) -> bool:
    """It has not begun in time. Whether that mattered."""
    if not planned.opened:
        end(turn, planned, SKIPPED, EXPIRED)
    return not planned.opened


def _new(turn: Turn, node: Contacting, wanted: datetime, begins: datetime | None) -> Communication:
    """A talk that a message in a thread begins at once on that channel goes on there."""
    message = asked(turn) if begins is not None and begins <= turn.now else None
    inside = message if message and message.thread and message.channel == node.channel else None
    expires = shift(wanted, node.conduct.expires)
    return Communication(
        id=turn.new_id(),
        flow=node.flow,
        node=node.full_name,
        agent=node.agent,
        channel=node.channel,
        address=inside.address if inside else address_on(turn, node.channel),
        rules=turn.rulebook.hash,
        at=begins or wanted,
        thread=inside.thread if inside else "",
        expires=expires if isinstance(expires, datetime) else None,
    )


def _reached(turn: Turn, planned: Communication, conduct: Conduct) -> tuple[Communication, str]:
    others = conduct.channels_after(planned.channel) if SKIPPED in conduct.falls_back_on else ()
    return first_reached(turn, planned, (planned.channel, *others))


def _await_start(turn: Turn, planned: Communication) -> Communication:
    turn.put(SetTimer(planned.id, START_TIMER, planned.at))
    if planned.expires is not None:
        turn.put(SetTimer(planned.id, EXPIRE_TIMER, planned.expires))
    return planned


def _begin_planned(turn: Turn, planned: Communication) -> None:
    reached, refusal = _reached(turn, planned, conduct_of(turn, planned))
    if refusal:
        end(turn, planned, SKIPPED, refusal)
        return
    if reached.channel != planned.channel:  # what is said may name it
        change(turn, reached)
    if _begin(turn, reached).opened and planned.expires is not None:
        turn.put(ClearTimer(planned.id, EXPIRE_TIMER))


def _begin(turn: Turn, planned: Communication) -> Communication:
    """The agent speaks first; Skipped where there is nothing that it can say. As the communication then stands."""
    agent = agent_of(turn, planned)
    if agent is None:
        return end(turn, planned, SKIPPED, f"agent {planned.agent} is no longer in the rule file")
    try:
        return _open(turn, planned, agent)
    except RenderFailed as problem:
        return end(turn, planned, SKIPPED, str(problem))


def _open(turn: Turn, planned: Communication, agent: Agent) -> Communication:
    step = _first_step(turn, planned, agent)
    if not says_anything(step):
        return end(turn, planned, SKIPPED, "there is nothing to say")
    return speak(turn, replace(planned, opened=True, begun_at=turn.now), agent, step)


def _first_step(turn: Turn, planned: Communication, agent: Agent) -> Step:
    """The agent opens; one that asks its service what to say first hands over what the person has just written."""
    scope, message = turn.scope_about(planned), asked(turn)
    step = agent.open(scope)
    unheard = step.asks is not None and message is not None and not message.communication
    return agent.hear(Talk(), message.text, scope) if message and unheard else step


def _is_late(planned: Communication, begins: datetime) -> bool:
    return planned.expires is not None and begins >= planned.expires


def _too_late(turn: Turn, planned: Communication, begins: datetime | None) -> str:
    if begins is None:
        return NO_TIME
    return EXPIRED if planned.expires and planned.expires <= turn.now else EXPIRES_BEFORE
