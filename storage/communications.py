"""Talks between participants and agents."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, and_, func, select, text

from storage.bulk import insert_many, read_from, read_many
from storage.models import Communication, Participant
from storage.statements import by, chunks, rows_in, rows_of, save_guarded, table_of
from storage.values import Row

COMMUNICATIONS, PARTICIPANTS = table_of(Communication), table_of(Participant)
IS_OPEN = text("communication.is_open")  # as the partial index says it, or it can't be used
ENDED_LAST = """communication JOIN (
    SELECT participant, max(seq) AS seq FROM communication
    WHERE participant IN (SELECT id FROM participant WHERE customer {}) GROUP BY participant
) AS last ON communication.participant = last.participant AND communication.seq = last.seq
    AND NOT communication.is_open"""
PAGE = 500
COLUMNS = tuple(COMMUNICATIONS.c.keys())


class Communications:
    """What was planned, is going on and has ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_customers(self, customers: Collection[str]) -> list[Row]:
        """All open communications of these customers and the last of each of their participants, oldest first."""
        last = read_from(self._connection, COMMUNICATIONS, ENDED_LAST, customers)
        found = by("id", (*self.open_of(customers), *last))
        return sorted(found.values(), key=lambda row: (row["created_at"], row["seq"], row["id"]))

    def open_of(self, customers: Collection[str]) -> list[Row]:
        """The open communications of these customers, in no order."""
        return read_many(self._connection, COMMUNICATIONS, "customer", customers, "communication.is_open")

    def by_ids(self, ids: Collection[str]) -> dict[str, Row]:
        """The communications that exist, by id."""
        return by("id", read_many(self._connection, COMMUNICATIONS, "id", ids))

    def last_of_nodes(self, nodes: Mapping[str, Collection[str]], customers: Collection[str]) -> list[Row]:
        """The last communication of each of these customers' participants and of each node named: full names of nodes,
        by campaign."""
        found: list[Row] = []
        for chunk in chunks(dict.fromkeys(customers)):
            for campaign, names in nodes.items():
                found += self._last_of_each(campaign, names, chunk)
        return found

    def _last_of_each(self, campaign: str, nodes: Collection[str], customers: list[str]) -> list[Row]:
        theirs = select(PARTICIPANTS.c.id).where(
            PARTICIPANTS.c.customer.in_(customers), PARTICIPANTS.c.campaign == campaign
        )
        last = (
            select(COMMUNICATIONS.c.participant, func.max(COMMUNICATIONS.c.seq).label("seq"))
            .where(COMMUNICATIONS.c.participant.in_(theirs), COMMUNICATIONS.c.node.in_(list(nodes)))
            .group_by(COMMUNICATIONS.c.participant, COMMUNICATIONS.c.node)
            .subquery()
        )
        is_last = and_(COMMUNICATIONS.c.participant == last.c.participant, COMMUNICATIONS.c.seq == last.c.seq)
        return rows_of(self._connection.execute(select(COMMUNICATIONS).join(last, is_last)))

    def begun(self, participants: Collection[str], since: datetime) -> list[Row]:
        """id, participant and begun_at of what began with these participants at ``since`` (UTC) or later."""
        columns = (COMMUNICATIONS.c.id, COMMUNICATIONS.c.participant, COMMUNICATIONS.c.begun_at)
        query = select(*columns).where(COMMUNICATIONS.c.begun_at >= since)
        return rows_in(self._connection, query, COMMUNICATIONS.c.participant, participants)

    def going_on(self, channel: str, after: str = "", limit: int = PAGE) -> list[Row]:
        """One page of the talks on this channel in which we spoke and that have not ended: id, address and thread, by
        id, those after ``after``."""
        columns = (COMMUNICATIONS.c.id, COMMUNICATIONS.c.address, COMMUNICATIONS.c.thread)
        there = (IS_OPEN, COMMUNICATIONS.c.channel == channel, COMMUNICATIONS.c.opened, COMMUNICATIONS.c.id > after)
        query = select(*columns).where(*there).order_by(COMMUNICATIONS.c.id).limit(limit)
        return rows_of(self._connection.execute(query))

    def planned(self, campaign: str) -> dict[tuple[str, str], int]:
        """How many of the campaign have not begun, by node and content hash of the rule file."""
        columns = (COMMUNICATIONS.c.node, COMMUNICATIONS.c.rules)
        of_campaign = (IS_OPEN, COMMUNICATIONS.c.campaign == campaign, COMMUNICATIONS.c.opened.is_(False))
        query = select(*columns, func.count().label("number")).where(*of_campaign).group_by(*columns)
        return {(row.node, row.rules): row.number for row in self._connection.execute(query)}

    def people_at(self, campaign: str) -> dict[tuple[str, str], int]:
        """With how many participants of the campaign a communication is open, planned ones included, by node and
        agent."""
        columns = (COMMUNICATIONS.c.node, COMMUNICATIONS.c.agent)
        people = func.count(COMMUNICATIONS.c.participant.distinct()).label("number")
        query = select(*columns, people).where(IS_OPEN, COMMUNICATIONS.c.campaign == campaign).group_by(*columns)
        return {(row.node, row.agent): row.number for row in self._connection.execute(query)}

    def customers_planned(self, campaign: str, nodes: Collection[str], after: str = "", limit: int = PAGE) -> list[str]:
        """One page of the customers with whom one of these nodes has planned what has not begun, by id, those after
        ``after``."""
        there = (COMMUNICATIONS.c.campaign == campaign, COMMUNICATIONS.c.node.in_(list(nodes)))
        waiting = (IS_OPEN, COMMUNICATIONS.c.opened.is_(False), COMMUNICATIONS.c.customer > after)
        query = select(COMMUNICATIONS.c.customer).distinct().where(*there, *waiting)
        return list(self._connection.execute(query.order_by(COMMUNICATIONS.c.customer).limit(limit)).scalars())

    def of_participants(self, participants: Collection[str], names: Collection[str] = COLUMNS) -> list[Row]:
        """All communications of these participants, each one's oldest first; of their columns those of these names."""
        columns = [COMMUNICATIONS.c[name] for name in {"participant": None, "seq": None, **dict.fromkeys(names)}]
        found = rows_in(self._connection, select(*columns), COMMUNICATIONS.c.participant, participants)
        return sorted(found, key=lambda row: (row["participant"], row["seq"]))

    def open_versions(self) -> list[str]:
        """The content hashes of the rule files that open communications began with."""
        query = select(COMMUNICATIONS.c.rules).where(IS_OPEN).distinct()
        return list(self._connection.execute(query).scalars())

    def add(self, rows: Sequence[Row]) -> None:
        """Add communications; each becomes the last of its participant, in the order given."""
        if rows:
            numbers = self._numbers({row["participant"] for row in rows})
            numbered = [{**row, "seq": next(numbers[row["participant"]])} for row in rows]
            insert_many(self._connection, COMMUNICATIONS, numbered)

    def _numbers(self, participants: Collection[str]) -> dict[str, Iterator[int]]:
        """The numbers that follow, for each of these participants."""
        query = select(COMMUNICATIONS.c.participant, func.max(COMMUNICATIONS.c.seq).label("seq"))
        query = query.group_by(COMMUNICATIONS.c.participant)
        last = rows_in(self._connection, query, COMMUNICATIONS.c.participant, participants)
        taken = {row["participant"]: row["seq"] for row in last}
        return {participant: count(taken.get(participant, 0) + 1) for participant in participants}

    def save(self, rows: Sequence[Row]) -> None:
        """Write communications back. Raises `StaleVersion` if one has changed since it was read."""
        save_guarded(self._connection, COMMUNICATIONS, rows)
