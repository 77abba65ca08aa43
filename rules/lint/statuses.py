"""Which statuses `communication.status` may have at each node.

After Communication Ended and Communication Updated it is the status that the trigger came with; a path keeps it into
other flows. After a wait it is what the communication has come to by then, which only a final status tells. Elsewhere
it is that of the participant's last communication, whatever that is.
"""

from collections.abc import Mapping

from rules.book import Node, TriggerNode
from rules.facts import Trigger
from rules.lint.ground import Ground, waits
from rules.lint.spreading import spread
from rules.statuses import FINAL_STATUSES, UPDATED_STATUSES, CommunicationStatus

NAME = "communication.status"
ANYTHING: frozenset[str] = frozenset({*CommunicationStatus, ""})  # "": no communication at all


def statuses_at(ground: Ground) -> Mapping[str, frozenset[str]]:
    """By the full name of the node; a node that only an unentered flow has is not there."""
    starts = ((node.full_name, _begins(ground, node)) for node in ground.book.triggers)
    return spread(
        ground.nodes, starts, lambda node, at: ((way, _after(node, at)) for way in ground.ways[node.full_name])
    )


def _after(node: Node, statuses: frozenset[str]) -> frozenset[str]:
    return ANYTHING if waits(node) and not statuses.issubset(FINAL_STATUSES) else statuses


def _begins(ground: Ground, trigger: TriggerNode) -> frozenset[str]:
    if trigger.when is Trigger.FROM_ANOTHER_FLOW:
        return frozenset()
    possible = possible_statuses(ground, trigger)
    wanted = trigger.narrowing.get("status")
    return possible.intersection(wanted) if wanted and possible != ANYTHING else possible


def possible_statuses(ground: Ground, trigger: TriggerNode) -> frozenset[str]:
    """Those that the trigger may come with, apart from what narrows its status; `ANYTHING` for other triggers.

    A communication ends without response only where its agent expects one.
    """
    if trigger.when is Trigger.COMMUNICATION_UPDATED:
        return frozenset(UPDATED_STATUSES)
    if trigger.when is not Trigger.COMMUNICATION_ENDED:
        return ANYTHING
    agents = (ground.book.agents[node.agent] for node in ground.of(trigger))
    silent = frozenset() if any(agent.expects_reply for agent in agents) else {CommunicationStatus.NO_RESPONSE}
    return frozenset(FINAL_STATUSES) - silent
