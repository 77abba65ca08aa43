"""Good and bad values of every type of field, as people, spreadsheets and programs write them; in Berlin, region DE."""

from datetime import UTC, date, datetime
from decimal import Decimal

from rules.values import Value

VALUES = ("unpaid", "paid", "Caf\u00e9", "Stra\u00dfe")


def declared(type_: str) -> str:
    """The declaration of a field of the type, in flow style."""
    values = f", values: [{', '.join(VALUES)}]" if type_ == "enumeration" else ""
    return f"type: {type_}{values}"


# type, as written, as kept
GOOD: list[tuple[str, str, Value]] = [
    ("string", " \u00c4nna ", "\u00c4nna"),
    ("string", "A\u0308nna", "\u00c4nna"),  # as Apple's systems write it
    ("string", "\u5c71\u7530 \U0001f600", "\u5c71\u7530 \U0001f600"),
    ("string", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629"),
    ("string", '{{ name }} = "1" -- \' ; <b>', '{{ name }} = "1" -- \' ; <b>'),
    ("string", "x" * 1600, "x" * 1600),
    ("integer", "\u00a012\u00a0", 12),
    ("integer", "+007", 7),
    ("integer", "-0", 0),
    ("integer", "1000000000000000000", 10**18),
    ("numeric", "129.90", Decimal("129.90")),
    ("numeric", "-0.00", Decimal("0.00")),
    ("numeric", "0.0000000001", Decimal("0.0000000001")),
    ("numeric", "-1000000000000000000", Decimal(-(10**18))),
    ("boolean", "TRUE", True),
    ("boolean", " No ", False),
    ("boolean", "1", True),
    ("boolean", "0", False),
    ("date", "2028-02-29", date(2028, 2, 29)),
    ("date", "0001-01-01", date(1, 1, 1)),
    ("date", "9999-12-31", date(9999, 12, 31)),
    ("datetime", "2027-03-31T14:05", datetime(2027, 3, 31, 12, 5, tzinfo=UTC)),
    ("datetime", "2027-03-28 02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # in the gap: the moment after it
    ("datetime", "2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
    ("datetime", "2027-03-31T14:05:09Z", datetime(2027, 3, 31, 14, 5, 9, tzinfo=UTC)),
    ("datetime", "2027-03-31", datetime(2027, 3, 30, 22, tzinfo=UTC)),
    ("enumeration", "PAID", "paid"),
    ("enumeration", "cafe\u0301", "Caf\u00e9"),
    ("enumeration", "STRASSE", "Stra\u00dfe"),
    ("email", "Anna.B+x@Example.COM", "anna.b+x@example.com"),
    ("email", "j\u00f6rg@m\u00fcller.de", "j\u00f6rg@m\u00fcller.de"),
    ("phone", "0151 2345-6789", "+4915123456789"),
    ("phone", "+49 (151) 23456789", "+4915123456789"),
    ("phone", "0049 151 23456789", "+4915123456789"),
    ("phone", "+1 415 555 2671", "+14155552671"),
]

# type, as written, a part of what is said
BAD: list[tuple[str, str, str]] = [
    ("string", "a\x07b", "control character U+0007"),
    ("string", "x" * 1601, "at most 1600"),
    ("integer", "12,000", "is not a whole number"),
    ("integer", "12.000", "is not a whole number"),
    ("integer", "1 000", "is not a whole number"),
    ("integer", "1_000", "is not a whole number"),
    ("integer", "0x1F", "is not a whole number"),
    ("integer", "1e3", "is not a whole number"),
    ("integer", "\u0663", "is not a whole number"),
    ("integer", "\uff11\uff12", "is not a whole number"),
    ("integer", "\u00bd", "is not a whole number"),
    ("integer", "\u22125", "is not a whole number"),
    ("integer", "1000000000000000001", "too large"),
    ("integer", "9" * 5000, "too large"),
    ("numeric", "129,90", "a point instead of the comma"),
    ("numeric", "1.234,56", "is not a number"),
    ("numeric", "1,234.56", "is not a number"),
    ("numeric", "1'000", "is not a number"),
    ("numeric", "129.90 EUR", "is not a number"),
    ("numeric", ".5", "is not a number"),
    ("numeric", "NaN", "is not a number"),
    ("numeric", "Infinity", "is not a number"),
    ("numeric", "0.00000000001", "at most 10"),
    ("boolean", "ja", "neither yes nor no"),
    ("boolean", "on", "neither yes nor no"),
    ("boolean", "2", "neither yes nor no"),
    ("boolean", "\uff59\uff45\uff53", "neither yes nor no"),
    ("date", "31.03.2027", "is not a date"),
    ("date", "03/31/2027", "is not a date"),
    ("date", "31/03/2027", "is not a date"),
    ("date", "2027-3-31", "is not a date"),
    ("date", "20270331", "is not a date"),
    ("date", "2027-W13-3", "is not a date"),
    ("date", "2027-02-29", "is not a day of the calendar"),
    ("date", "0000-01-01", "is not a day of the calendar"),
    ("datetime", "2027-03-31T25:00", "is not a moment of the calendar"),
    ("datetime", "2027-03-31T14:05+25:00", "is not a moment of the calendar"),
    ("datetime", "9999-12-31T23:59-10:00", "is not a moment of the calendar"),
    ("datetime", "2027-03-31 2:05 PM", "is not a date with a time"),
    ("datetime", "tomorrow", "is not a date with a time"),
    ("enumeration", "payd", 'did you mean "paid"?'),
    ("enumeration", "pa\u0131d", "is not allowed"),
    ("enumeration", "paid\u200b", "is not allowed"),
    ("email", "anna", "is not an email address"),
    ("email", "anna@localhost", "is not an email address"),
    ("email", "anna@@example.com", "is not an email address"),
    ("email", "a b@example.com", "is not an email address"),
    ("email", "Anna <anna@example.com>", "is not an email address"),
    ("email", "\u202eanna@example.com", "is not an email address"),
    ("email", "a" * 250 + "@example.com", "at most 254"),
    ("phone", "0151-CALLME", "is not a phone number"),
    ("phone", "+49151", "can exist"),
    ("phone", "\uff10\uff11\uff15\uff11 23456789", "is not a phone number"),
    ("phone", "+49 151 23456789 ext. 5", "is not a phone number"),
    ("phone", "1" * 100, "at most 40"),
]
