"""Communications and messages."""

from collections.abc import Sequence

from gateway.api.communications import Communication, CommunicationsFilter, told_communication
from gateway.api.messages import Message, MessagesFilter, told_message
from gateway.exports.export import Noun, as_cells
from rules.book import Rulebook
from storage.listing.pages import Key, Page
from storage.transaction import Transaction
from storage.values import Row


def talks_page(t: Transaction, book: Rulebook, wanted: CommunicationsFilter, after: Key | None, limit: int) -> Page:
    return t.lists.communications.page(wanted.of_campaign(book.campaign), after, limit)


def talks_told(t: Transaction, book: Rulebook, rows: Sequence[Row]) -> list[Communication]:
    return [told_communication(row) for row in rows]


def messages_page(t: Transaction, book: Rulebook, wanted: MessagesFilter, after: Key | None, limit: int) -> Page:
    return t.lists.messages.page(wanted.of_campaign(book.campaign), after, limit)


def messages_told(t: Transaction, book: Rulebook, rows: Sequence[Row]) -> list[Message]:
    return [told_message(row) for row in rows]


COMMUNICATIONS = Noun(
    name="communications",
    filter=CommunicationsFilter,
    limit=500,
    page=talks_page,
    told=talks_told,
    columns=lambda book: list(Communication.model_fields),
    cells=lambda t, book, rows: as_cells(Communication, talks_told(t, book, rows)),
)
MESSAGES = Noun(
    name="messages",
    filter=MessagesFilter,
    limit=500,
    page=messages_page,
    told=messages_told,
    columns=lambda book: list(Message.model_fields),
    cells=lambda t, book, rows: as_cells(Message, messages_told(t, book, rows)),
)
