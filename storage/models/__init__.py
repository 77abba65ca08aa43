"""Every table. Times are UTC; ids made by us are 32 hex digits; JSON columns hold what `gateway` put there."""

from storage.models.people import Campaign, Customer, Identifier, OptOut, Participant, RuleVersion, Upload
from storage.models.talks import Communication, Message, Run
from storage.models.work import Call, Decision, Inbox, Outbox, Progress, Timer

__all__ = [
    "Call",
    "Campaign",
    "Communication",
    "Customer",
    "Decision",
    "Identifier",
    "Inbox",
    "Message",
    "OptOut",
    "Outbox",
    "Participant",
    "Progress",
    "RuleVersion",
    "Run",
    "Timer",
    "Upload",
]
