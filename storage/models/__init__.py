"""Every table. Times are UTC; ids made by us are 32 hex digits; JSON columns hold what `gateway` put there."""

from storage.models.access import Audit, Repeat, Token
from storage.models.counts import NodeCount
from storage.models.hooks import Delivery, HookTrouble
from storage.models.people import (
    Campaign,
    Customer,
    Identifier,
    OptOut,
    Participant,
    RuleVersion,
    Upload,
    UploadFailure,
)
from storage.models.sharing import Breaker, ChannelState, Lease, Shard, ShardTurn
from storage.models.talks import Communication, Message, Run
from storage.models.work import Call, Decision, Inbox, Outbox, Progress, Timer

__all__ = [
    "Audit",
    "Breaker",
    "Call",
    "Campaign",
    "ChannelState",
    "Communication",
    "Customer",
    "Decision",
    "Delivery",
    "HookTrouble",
    "Identifier",
    "Inbox",
    "Lease",
    "Message",
    "NodeCount",
    "OptOut",
    "Outbox",
    "Participant",
    "Progress",
    "Repeat",
    "RuleVersion",
    "Run",
    "Shard",
    "ShardTurn",
    "Timer",
    "Token",
    "Upload",
    "UploadFailure",
]
