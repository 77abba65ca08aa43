"""Participants, as an import takes them again: identifiers and fields under their own names."""

from collections.abc import Mapping, Sequence

from gateway.api.listing import Participant, participants_in_full
from gateway.api.participant_lists import ParticipantsFilter, participants_page
from gateway.carry import decoded
from gateway.exports.export import Cells, Noun
from gateway.identity import IDENTIFIERS
from gateway.sheets.header import EXPORTED, EXPORTED_COLUMNS
from rules.book import Rulebook
from rules.fields import to_json
from storage.listing.pages import Key, Page
from storage.transaction import Transaction
from storage.values import Row


def columns(book: Rulebook) -> list[str]:
    """Identifiers, fields, and what nobody imports. A field called as an identifier is: that stands before it."""
    fields = [f"participant.{name}" if name in IDENTIFIERS else name for name in book.fields]
    return [*IDENTIFIERS, *fields, *EXPORTED_COLUMNS]


def page(t: Transaction, book: Rulebook, wanted: ParticipantsFilter, after: Key | None, limit: int) -> Page:
    """Whoever was erased is left out: nothing is known of them."""
    found = participants_page(t, book, wanted, after, limit)
    customers = t.people.customers([row["customer"] for row in found.rows])
    return Page([row for row in found.rows if not customers[row["customer"]]["erased_at"]], found.next)


def told(t: Transaction, book: Rulebook, rows: Sequence[Row]) -> list[Participant]:
    """As the API tells them."""
    return participants_in_full(t, rows)


def cells(t: Transaction, book: Rulebook, rows: Sequence[Row]) -> list[Cells]:
    """As `columns` has them."""
    ids = [row["customer"] for row in rows]
    customers, identifiers = t.people.customers(ids), t.people.identifiers(ids)
    return [
        [
            *(identifiers.get(row["customer"], {}).get(kind) for kind in IDENTIFIERS),
            *values(book, {"customer": customers[row["customer"]]["fields"], "participant": row["fields"]}),
            *(row[name] for name in EXPORTED),
        ]
        for row in rows
    ]


def values(book: Rulebook, stored: Mapping[str, Row]) -> list[object]:
    """Each field's value, by what is stored at each level; None where it is unset, or fits its type no longer."""
    read = {level: decoded(book, fields, level) for level, fields in stored.items()}
    return [to_json(read[field.level].get(name)) for name, field in book.fields.items()]


PARTICIPANTS = Noun(
    name="participants",
    filter=ParticipantsFilter,
    limit=500,
    page=page,
    told=told,
    columns=columns,
    cells=cells,
)
