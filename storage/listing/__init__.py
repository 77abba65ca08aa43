"""Lists of everything there is, a page at a time (see `storage.listing.pages`), for those who read from outside."""

from sqlalchemy import Connection

from storage.listing.communications import CommunicationList
from storage.listing.counting import Counting
from storage.listing.customers import CustomerList
from storage.listing.decisions import DecisionList
from storage.listing.deliveries import DeliveryList
from storage.listing.events import EventList
from storage.listing.lags import Lags
from storage.listing.messages import MessageList
from storage.listing.opt_outs import OptOutList
from storage.listing.participants import ParticipantList
from storage.listing.tokens import TokenList
from storage.listing.upload_failures import UploadFailureList
from storage.listing.uploads import UploadList


class Lists:
    """One list for each noun."""

    def __init__(self, connection: Connection) -> None:
        self.participants = ParticipantList(connection)
        self.customers = CustomerList(connection)
        self.communications = CommunicationList(connection)
        self.messages = MessageList(connection)
        self.events = EventList(connection)
        self.decisions = DecisionList(connection)
        self.deliveries = DeliveryList(connection)
        self.opt_outs = OptOutList(connection)
        self.uploads = UploadList(connection)
        self.upload_failures = UploadFailureList(connection)
        self.tokens = TokenList(connection)
        self.counting = Counting(connection)
        self.lags = Lags(connection)
