"""Facts raised while a campaign is stopped: they stay with the participant, so that no flow misses what happened.

An incoming session is not held: whoever wrote then would be answered long after. Neither is a change of somebody who
has yet to enter: Participant Created, which is held, then finds it made.
"""

from rules.facts import Fact, Trigger
from rules.scene import Participant

MAX_HELD = 200  # of one participant; what is raised past it fires nothing


def can_wait(fact: Fact, participant: Participant) -> bool:
    """Whether the fact is one that is held."""
    if fact.trigger is Trigger.INCOMING_SESSION:
        return False
    return participant.entered or fact.trigger is Trigger.PARTICIPANT_CREATED


def with_fact(held: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    """What is held, and the fact; several changes from one source are one change."""
    for number, before in enumerate(held):
        if before.trigger is fact.trigger is Trigger.PARTICIPANT_UPDATED and before.source == fact.source:
            return (*held[:number], before._replace(changed=before.changed | fact.changed), *held[number + 1 :])
    return (*held, fact)
