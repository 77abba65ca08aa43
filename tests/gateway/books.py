"""A rulebook for tests of the ways in."""

from rules.book import Field, Rulebook
from rules.values import Position, Value, ValueType

HERE = Position("payment_reminder.yaml", 1, 1)


def field(name: str, type_: ValueType, **more: Value) -> Field:
    return Field(name=name, type=type_, position=HERE, **more)  # type: ignore[arg-type]


FIELDS = (
    field("first_name", ValueType.STRING, level="customer"),
    field("amount_due", ValueType.NUMERIC, required=True),
    field("due_date", ValueType.DATE),
    field("payment_status", ValueType.ENUMERATION, values=("unpaid", "paid"), default="unpaid", required=True),
    field("reminded", ValueType.BOOLEAN, imported=False),
)
BOOK = Rulebook(
    campaign="payment_reminder",
    hash="0" * 64,
    file=HERE.file,
    title="Payment reminder",
    region="DE",
    fields={f.name: f for f in FIELDS},
)
