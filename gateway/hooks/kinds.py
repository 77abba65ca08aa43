"""What hooks can be told: the types of events, as the Standard Webhooks specification has them (full stops between)."""

from typing import Literal, get_args

HookEvent = Literal[
    "participant.created",
    "participant.updated",
    "participant.finished",
    "participant.removed",
    "communication.planned",
    "communication.begun",
    "communication.updated",
    "communication.ended",
    "event.parked",
    "opt_out.created",
    "opt_out.removed",
]
KINDS: tuple[HookEvent, ...] = get_args(HookEvent)
EVENT_PARKED, OPTED_OUT, OPTED_IN = "event.parked", "opt_out.created", "opt_out.removed"
