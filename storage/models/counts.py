"""What was counted, so that nobody needs to count it again."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from storage.columns import moment, where


class NodeCount(SQLModel, table=True):
    """How many went one ``way`` from a node (full name) in the hour, or the whole day, that began ``at``.

    A way is an edge of the node, or `ended.STATUS` for communications of the node that came to that end. Whole days
    (``daily``) take the place of hours that are long past.
    """

    __tablename__ = "node_count"
    __table_args__ = (Index("node_count_hours", "at", **where("NOT daily")),)
    campaign: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    way: str = Field(primary_key=True)
    at: datetime = moment(primary_key=True)
    daily: bool = Field(default=False, primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
