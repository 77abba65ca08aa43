"""Wait for what a change that was kept as an event comes to."""

from typing import Any

from gateway.api.asked import Asked
from gateway.api.problems import Problem
from gateway.outcomes import ASIDE

DECIDED_WITHIN = 5.0  # seconds; what is not decided by then is answered as accepted


async def became(asked: Asked[Any, Any], event: int) -> str:
    """What became of the event (`rules.reaction.Applied`), "" where it is not decided yet. Raises 409 where it could
    not be decided."""
    asked.desk.ring()
    decided = await asked.desk.decided([event], DECIDED_WITHIN)
    outcome = decided.get(event, "")
    if outcome in ASIDE:
        detail = f"event {event} is {outcome}: `GET /events/{event}` says why"
        raise Problem(409, "not-decided", "It was kept and could not be decided", detail)
    return outcome
