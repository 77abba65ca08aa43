"""Talks between participants and agents."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, bindparam, func, insert, select, text

from storage.models import Communication, Participant
from storage.statements import add_rows, by, chunks, rows_in, rows_of, save_guarded, table_of
from storage.values import Row

COMMUNICATIONS, PARTICIPANTS = table_of(Communication), table_of(Participant)
IS_OPEN = text("communication.is_open")  # as the partial index says it, or it can't be used
EARLIER = select(func.coalesce(func.max(COMMUNICATIONS.c.seq), 0)).where(
    COMMUNICATIONS.c.participant == bindparam("of")
)
APPEND = insert(COMMUNICATIONS).values(seq=EARLIER.scalar_subquery() + 1)


class Communications:
    """What was planned, is going on and has ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_customers(self, customers: Collection[str]) -> list[Row]:
        """All open communications of these customers and the last of each of their participants, oldest first."""
        open_ones = select(COMMUNICATIONS).where(IS_OPEN)
        found = by("id", rows_in(self._connection, open_ones, COMMUNICATIONS.c.customer, customers))
        for chunk in chunks(dict.fromkeys(customers)):
            found.update(by("id", self._last_of(chunk)))
        return sorted(found.values(), key=lambda row: (row["created_at"], row["seq"], row["id"]))

    def _last_of(self, customers: list[str]) -> list[Row]:
        theirs = select(PARTICIPANTS.c.id).where(PARTICIPANTS.c.customer.in_(customers))
        last = (
            select(COMMUNICATIONS.c.participant, func.max(COMMUNICATIONS.c.seq).label("seq"))
            .where(COMMUNICATIONS.c.participant.in_(theirs))
            .group_by(COMMUNICATIONS.c.participant)
            .subquery()
        )
        is_last = and_(COMMUNICATIONS.c.participant == last.c.participant, COMMUNICATIONS.c.seq == last.c.seq)
        return rows_of(self._connection.execute(select(COMMUNICATIONS).join(last, is_last)))

    def by_ids(self, ids: Collection[str]) -> dict[str, Row]:
        """The communications that exist, by id."""
        return by("id", rows_in(self._connection, select(COMMUNICATIONS), COMMUNICATIONS.c.id, ids))

    def of_participants(self, participants: Collection[str]) -> list[Row]:
        """All communications of these participants, each one's oldest first."""
        found = rows_in(self._connection, select(COMMUNICATIONS), COMMUNICATIONS.c.participant, participants)
        return sorted(found, key=lambda row: (row["participant"], row["seq"]))

    def open_versions(self) -> list[str]:
        """The content hashes of the rule files that open communications began with."""
        query = select(COMMUNICATIONS.c.rules).where(IS_OPEN).distinct()
        return list(self._connection.execute(query).scalars())

    def add(self, rows: Sequence[Row]) -> None:
        """Add communications; each becomes the last of its participant, in the order given."""
        add_rows(self._connection, APPEND, [{**row, "of": row["participant"]} for row in rows])

    def save(self, rows: Sequence[Row]) -> None:
        """Write communications back. Raises `StaleVersion` if one has changed since it was read."""
        save_guarded(self._connection, COMMUNICATIONS, rows)
