"""One transaction, seen as the stores of its tables."""

from sqlalchemy import Connection

from storage.audit import AuditTrail
from storage.breakers import Breakers
from storage.calls import Calls
from storage.campaigns import Campaigns
from storage.channel_states import ChannelStates
from storage.communications import Communications
from storage.decisions import Decisions
from storage.deliveries import Deliveries
from storage.erasing import Erasing
from storage.hook_troubles import HookTroubles
from storage.inbox import Inbox
from storage.leases import Leases
from storage.listing import Lists
from storage.messages import Messages
from storage.node_counts import NodeCounts
from storage.opt_outs import OptOuts
from storage.outbox import Outbox
from storage.parked import Parked
from storage.people import People
from storage.progress import Progress
from storage.repeats import Repeats
from storage.retention import Retention
from storage.runs import Runs
from storage.shards import Queue, Shards
from storage.stranded import StrandedWaits
from storage.timers import Timers
from storage.tokens import Tokens
from storage.traces import Traces
from storage.uploads import Uploads
from storage.version_doubts import VersionDoubts


class Transaction:
    """Everything asked of it happens together or not at all. Of a reading one, only the asking parts work."""

    def __init__(self, connection: Connection, queue: Queue | None = None) -> None:
        self.shards = Shards(connection, queue)
        self.inbox = Inbox(connection, self.shards.left)
        self.decisions = Decisions(connection)
        self.outbox = Outbox(connection)
        self.timers = Timers(connection)
        self.people = People(connection)
        self.communications = Communications(connection)
        self.runs = Runs(connection)
        self.messages = Messages(connection)
        self.opt_outs = OptOuts(connection)
        self.campaigns = Campaigns(connection)
        self.channel_states = ChannelStates(connection)
        self.breakers = Breakers(connection)
        self.version_doubts = VersionDoubts(connection)
        self.uploads = Uploads(connection)
        self.calls = Calls(connection)
        self.progress = Progress(connection)
        self.node_counts = NodeCounts(connection)
        self.retention = Retention(connection)
        self.traces = Traces(connection)
        self.erasing = Erasing(connection)
        self.parked = Parked(connection, self.shards.left)
        self.tokens = Tokens(connection)
        self.audit = AuditTrail(connection)
        self.repeats = Repeats(connection)
        self.deliveries = Deliveries(connection)
        self.hook_troubles = HookTroubles(connection)
        self.stranded = StrandedWaits(connection)
        self.leases = Leases(connection)
        self.lists = Lists(connection)
