"""Campaigns and the rule files they ran on."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from storage.models import Campaign, Communication, Message, Participant, RuleVersion, Run
from storage.statements import insert_into, one_row, rows_in, rows_of, table_of
from storage.values import CampaignCounts, Row

CAMPAIGNS, VERSIONS = table_of(Campaign), table_of(RuleVersion)
PARTICIPANTS, COMMUNICATIONS, MESSAGES = table_of(Participant), table_of(Communication), table_of(Message)
RUNS = table_of(Run)
INACTIVE, ACTIVE, ERROR = "inactive", "active", "error"


class Campaigns:
    """Which campaigns there are, whether they run, and on which version of their rule file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Row]:
        """Every campaign, by name."""
        return rows_of(self._connection.execute(select(CAMPAIGNS).order_by(CAMPAIGNS.c.name)))

    def get(self, name: str) -> Row | None:
        """The campaign, or None."""
        return one_row(self._connection.execute(select(CAMPAIGNS).where(CAMPAIGNS.c.name == name)))

    def ensure(self, name: str) -> None:
        """The campaign exists, inactive if it is new."""
        insert = insert_into(self._connection, CAMPAIGNS)
        self._connection.execute(insert.on_conflict_do_nothing(index_elements=[CAMPAIGNS.c.name]), {"name": name})

    def set_status(self, name: str, status: str, at: datetime) -> None:
        """The campaign now is inactive or active, in error no longer; ``at`` (UTC) is when it started, if it becomes
        active."""
        started = {"started_at": at} if status == ACTIVE else {}
        change = update(CAMPAIGNS).where(CAMPAIGNS.c.name == name)
        self._connection.execute(change.values(status=status, reason="", **started))

    def fail(self, names: Collection[str], reason: str) -> list[str]:
        """These campaigns stand in error from now on, for a reason in the operator's words; one that does already keeps
        its first reason. Return those that did not, by name."""
        standing = (CAMPAIGNS.c.name.in_(list(names)), CAMPAIGNS.c.status != ERROR)
        change = update(CAMPAIGNS).where(*standing).values(status=ERROR, reason=reason)
        return sorted(self._connection.execute(change.returning(CAMPAIGNS.c.name)).scalars())

    def paced(self, names: Collection[str]) -> dict[str, datetime | None]:
        """The first moment (UTC) at which the pace of each of these campaigns lets one more communication begin, None
        where it was never asked."""
        rows = rows_in(self._connection, select(CAMPAIGNS.c.name, CAMPAIGNS.c.paced_until), CAMPAIGNS.c.name, names)
        return {row["name"]: row["paced_until"] for row in rows}

    def pace(self, name: str, before: datetime | None, until: datetime) -> bool:
        """Move that moment on from ``before`` to ``until``; False where another process has moved it meanwhile."""
        unmoved = (CAMPAIGNS.c.name == name, CAMPAIGNS.c.paced_until.is_not_distinct_from(before))
        return self._connection.execute(update(CAMPAIGNS).where(*unmoved).values(paced_until=until)).rowcount > 0

    def keep_version(self, hash: str, campaign: str, file: str, text: str, at: datetime) -> None:
        """Keep the text of a rule file under its content hash; the same again changes nothing."""
        insert = insert_into(self._connection, VERSIONS).on_conflict_do_nothing(index_elements=[VERSIONS.c.hash])
        row = {"hash": hash, "campaign": campaign, "file": file, "text": text, "loaded_at": at}
        self._connection.execute(insert, row)

    def version(self, hash: str) -> Row | None:
        """The rule file version with this content hash, or None."""
        return one_row(self._connection.execute(select(VERSIONS).where(VERSIONS.c.hash == hash)))

    def versions_like(self, prefix: str, limit: int = 2) -> list[Row]:
        """The versions, of any campaign, whose content hash begins so, the latest first; all hashes are hexadecimal."""
        query = select(VERSIONS).where(VERSIONS.c.hash.startswith(prefix, autoescape=True))
        return rows_of(self._connection.execute(query.order_by(VERSIONS.c.loaded_at.desc()).limit(limit)))

    def known_versions(self, hashes: Collection[str]) -> dict[str, datetime]:
        """When each of these versions was first loaded (UTC); those whose text is not kept are left out."""
        rows = rows_in(self._connection, select(VERSIONS.c.hash, VERSIONS.c.loaded_at), VERSIONS.c.hash, hashes)
        return {row["hash"]: row["loaded_at"] for row in rows}

    def activate_version(self, name: str, hash: str) -> None:
        """From now on the campaign runs on this version."""
        self._connection.execute(update(CAMPAIGNS).where(CAMPAIGNS.c.name == name).values(rules=hash))

    def replace_version(self, name: str, before: str, hash: str) -> bool:
        """The same where it ran on the version ``before`` ("" for none) until now; False where it does not any more,
        for another process was first."""
        unmoved = (CAMPAIGNS.c.name == name, CAMPAIGNS.c.rules == before)
        return self._connection.execute(update(CAMPAIGNS).where(*unmoved).values(rules=hash)).rowcount > 0

    def counts(self, name: str) -> CampaignCounts:
        """How many participants, communications and outbound messages by status, and waiting paths by node."""
        people = select(func.count()).where(PARTICIPANTS.c.campaign == name)
        return CampaignCounts(
            participants=self._connection.execute(people).scalar_one(),
            communications=self._counted(COMMUNICATIONS.c.status, COMMUNICATIONS.c.campaign == name),
            messages=self._counted(MESSAGES.c.status, MESSAGES.c.campaign == name, MESSAGES.c.direction == "out"),
            waiting=self._counted(RUNS.c.node, RUNS.c.campaign == name),
        )

    def _counted(self, column: ColumnElement[str], *only: ColumnElement[bool]) -> dict[str, int]:
        query = select(column.label("kind"), func.count().label("number")).where(*only).group_by(column)
        return {row.kind: row.number for row in self._connection.execute(query)}
