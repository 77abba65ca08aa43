"""Names and values that the tests of expressions and texts share."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.names import NameInfo, Scope
from rules.values import Value, ValueType

STATUSES = ("unpaid", "promised", "paid")
NAMES = {
    "participant.payment_status": NameInfo(ValueType.ENUMERATION, STATUSES),
    "payment_status": NameInfo(ValueType.ENUMERATION, STATUSES),
    "amount_due": NameInfo(ValueType.NUMERIC),
    "attempts": NameInfo(ValueType.INTEGER),
    "due_date": NameInfo(ValueType.DATE),
    "seen_at": NameInfo(ValueType.DATETIME),
    "first_name": NameInfo(ValueType.STRING),
    "email": NameInfo(ValueType.EMAIL),
    "vip": NameInfo(ValueType.BOOLEAN),
    "results.will_pay": NameInfo(ValueType.BOOLEAN),
    "results.answer": NameInfo(ValueType.ANY),
    "tags": NameInfo(ValueType.LIST),
    "never": NameInfo(ValueType.INTEGER),
    "never_text": NameInfo(ValueType.STRING),
    "never_date": NameInfo(ValueType.DATE),
}
VALUES: dict[str, Value] = {
    "participant.payment_status": "paid",
    "payment_status": "paid",
    "amount_due": Decimal("129.90"),
    "attempts": 3,
    "due_date": date(2027, 3, 28),
    "seen_at": datetime(2027, 3, 27, 23, 0, tzinfo=UTC),
    "first_name": "Änna",
    "email": "a@example.com",
    "vip": True,
    "results.answer": 5,
    "tags": ("new", "late"),
}
BERLIN = ZoneInfo("Europe/Berlin")
SCOPE = Scope(VALUES, datetime(2027, 3, 26, 23, 30, tzinfo=UTC), BERLIN)
