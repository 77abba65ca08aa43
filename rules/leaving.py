"""How a participant leaves: whatever was going on ends, and no rule hears of it."""

from rules.communications import end
from rules.effects import LeaveCampaign
from rules.events import ParticipantRemoved
from rules.reaction import Applied
from rules.runs import drop
from rules.statuses import CommunicationStatus
from rules.turn import Turn

REMOVED = "removed from the campaign"


def take_removed(turn: Turn, _: ParticipantRemoved) -> Applied:
    """What waits is dropped and what is open is canceled; all that is left are the talks there were."""
    if turn.scene.participant is None:
        return Applied.UNKNOWN
    for run in turn.scene.runs:
        drop(turn, run)
    turn.put(LeaveCampaign())  # before talks end: of somebody who has left no fact is raised
    for communication in turn.scene.communications:
        if communication.is_open:
            end(turn, communication, CommunicationStatus.CANCELED, REMOVED)
    return Applied.APPLIED
