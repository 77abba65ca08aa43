"""What waits at nodes of earlier versions moves to nodes of the rule file in force, or ends, as the operator says."""

from rules.actions.communicate import Communicate
from rules.book import Node, TimedNode, TriggerNode
from rules.communications import end
from rules.copies import replace
from rules.effects import ChangeCommunication
from rules.events import Settled
from rules.reaching import address_on
from rules.reaction import Applied
from rules.runs import drop, keep_until, node_named, path_of
from rules.scene import Communication, Run
from rules.statuses import CommunicationStatus
from rules.turn import Turn

ENDED = "ended by the operator"


def take_settled(turn: Turn, settled: Settled) -> Applied:
    """Move or end each waiting run and each communication that has yet to begin whose node is named.

    What cannot move to the node named stays as it is, which is noted; what is on the present version does not end.
    """
    for run in turn.scene.runs:
        if _is_meant(turn, settled, run.node, run.rules):
            _settle_run(turn, run, settled.moves[run.node])
    for communication in turn.scene.communications:
        planned = communication.is_open and not communication.opened
        if planned and _is_meant(turn, settled, communication.node, communication.rules):
            _settle_communication(turn, communication, settled.moves[communication.node])
    return Applied.APPLIED if turn.effects else Applied.UNCHANGED


def _is_meant(turn: Turn, settled: Settled, node: str, rules: str) -> bool:
    """Whether what waits there is to move, or is to end and is not on the present version."""
    return node in settled.moves and (settled.moves[node] != "" or rules != turn.present.hash)


def _settle_run(turn: Turn, run: Run, target: str) -> None:
    """A wait is told anew from now on; any other node is visited as soon as the campaign runs."""
    node = node_named(turn.present, target)
    if not target:
        drop(turn, run)
    elif node is None or isinstance(node, TriggerNode):
        _note(turn, f"no path can wait at {target}: what waits at {run.node} stays")
    elif (run.node, run.rules) != (target, turn.present.hash):
        _move(turn, replace(run, node=target, rules=turn.present.hash, call=""), node)


def _move(turn: Turn, run: Run, node: Node) -> None:
    path = path_of(turn, run)
    if path is not None and isinstance(node, TimedNode):
        turn.consider(path)
        keep_until(turn, run, node.due(turn))
    else:
        keep_until(turn, run, turn.now)


def _settle_communication(turn: Turn, communication: Communication, target: str) -> None:
    """It begins when it was to begin, as the new node says it otherwise."""
    node = node_named(turn.present, target)
    if not target:
        end(turn, communication, CommunicationStatus.CANCELED, ENDED)
    elif not isinstance(node, Communicate):
        _note(turn, f"{target} begins no communication: what {communication.node} planned stays")
    elif (communication.node, communication.rules) != (target, turn.present.hash):
        turn.put(ChangeCommunication(_as_planned_by(turn, node, communication)))


def _as_planned_by(turn: Turn, node: Communicate, communication: Communication) -> Communication:
    stays = node.channel == communication.channel and communication.thread
    return replace(
        communication,
        flow=node.flow,
        node=node.full_name,
        agent=node.agent,
        channel=node.channel,
        address=communication.address if stays else address_on(turn, node.channel),
        thread=communication.thread if stays else "",
        rules=turn.present.hash,
    )


def _note(turn: Turn, what: str) -> None:
    turn.note = f"{turn.note}; {what}" if turn.note else what
