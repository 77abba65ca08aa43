"""Expressions: what is refused, and how the refusal reads."""

import pytest

from rules.expressions import ExpressionError, compile_expression
from tests.rules.language import NAMES


def refusal(source: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("source", "message", "marked", "hint"),
    [
        ("days_until(due_dat) <= 3", 'unknown name "due_dat"', "due_dat", 'did you mean "due_date"?'),
        ("will_pay", 'unknown name "will_pay"', "will_pay", 'did you mean "results.will_pay"?'),
        ("payment_status == paid", 'unknown name "paid"', "paid", 'a text needs quotes: "like this"'),
        ("attempts = 3", '"=" has no meaning here', "=", 'use "==" to compare'),
        ("vip && vip", '"&&" has no meaning here', "&&", 'write "and"'),
        ("vip || vip", '"||" has no meaning here', "||", 'write "or"'),
        ("!vip", '"!" has no meaning here', "!", 'write "not"'),
        ('payment_status == "pad"', '"payment_status" is never "pad"', '"pad"', 'did you mean "paid"?'),
        ('payment_status in ["paid", "x"]', '"payment_status" is never "x"', '"x"', "allowed: unpaid, promised, paid"),
        ("contians(first_name, 'a')", 'unknown function "contians"', "contians", 'did you mean "contains"?'),
        ("due_date > 3", "a date cannot be compared with a whole number", "3", ""),
        ("due_date + 3", '"+" cannot join a date and a whole number', "due_date + 3", "+ days(...) or"),
        ("attempts == None", '"None" is not a value', "None", "use is_set(...)"),
        ("attempts is 3", '"is" has no meaning here', "attempts is 3", 'use "=="'),
        ("not first_name", "a yes or no is wanted here", "first_name", "compare it"),
        ("vip < vip", '"<" needs an order', "vip", 'use "=="'),
        ('"a" in first_name', '"in" needs a list', "first_name", "use contains"),
        ("date(2027, 2, 30)", "there is no such day", "date(2027, 2, 30)", "write date(year, month, day)"),
        ("days()", '"days" does not take 0 values', "days()", "write days(count)"),
        ("min(attempts, 'a')", "a whole number cannot be compared with a text", "'a'", ""),
        ('"äöü" == due_dat', 'unknown name "due_dat"', "due_dat", "did you mean"),
        (r'matches("\d", due_dat)', 'unknown name "due_dat"', "due_dat", "did you mean"),
        ("matches(first_name, email)", "must be written out", "email", ""),
        ("vip and\n due_dat", 'unknown name "due_dat"', "due_dat", "did you mean"),
    ],
)
def test_a_mistake_is_told_in_words_at_its_place(source: str, message: str, marked: str, hint: str) -> None:
    error = refusal(source)
    assert message in error.message
    assert source[error.offset : error.offset + error.width] == marked
    assert hint in error.hint


@pytest.mark.parametrize(
    "source",
    [
        "first_name.__class__",
        "().__class__.__bases__",
        "(1).real",
        '"{0.__class__}".format(first_name)',
        "__import__('os')",
        "g('first_name')",
        "s.now",
        "c0",
        "eval('1')",
        "lambda: 1",
        "[x for x in tags]",
        "{x for x in tags}",
        "{'a': 1}",
        "attempts := 3",
        "(attempts := 3)",
        'f"{first_name}"',
        'b"a" == "a"',
        "9 ** 9 ** 9",
        "1 << 10000",
        "~attempts",
        "+attempts",
        '"a" * 1000000000',
        "[1] * 1000000000",
        "tags + tags",
        "attempts[0]",
        "first_name[::-1]",
        "vip if vip else vip",
        "await vip",
        "yield",
        "*tags",
        "max(*tags)",
        "days(count=3)",
        "...",
        "1j > 0",
        "1e999 > 0",
        "9" * 400,
        "attempts @ attempts",
        "vip == (yield)",
        "# vip",
        "vip # and not vip",
        "vip; vip",
        "\x00",
        "",
        "   ",
        "(" * 240 + "1" + ")" * 240,
        "not " * 120 + "vip",
        "-" * 490 + "1",
        "1" + " + 1" * 120,
        "1" + " < 1" * 160,
        '"' + "a" * 600 + '"',
        r'matches(first_name, "(a+)+$")',
        r'matches(first_name, "(a|a)*$")',
        r'matches(first_name, "a*a*a*b")',
        r'matches(first_name, "(?=a)b")',
        r'matches(first_name, "(a)\1")',
        r'matches(first_name, "(?i)a")',
        r'matches(first_name, "a{9999999}")',
        r'matches(first_name, "a{5,2}")',
        r'matches(first_name, "[[a]")',
        r'matches(first_name, "[a--b]")',
        r'matches(first_name, "(")',
    ],
)
def test_nothing_outside_the_language_gets_in(source: str) -> None:
    refusal(source)
