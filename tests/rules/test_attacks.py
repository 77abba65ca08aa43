"""Attacks on expressions and texts: refused at their place, or done within bounds. Those on patterns, files and answers
have files of their own."""

import warnings
from collections.abc import Iterator

import pytest

from rules.expressions import MAX_CHARACTERS, ExpressionError, compile_expression
from rules.names import Scope
from rules.templates import MAX_SOURCE, RenderFailed, TemplateError, compile_template
from rules.values import Value
from tests.rules.language import BERLIN, NAMES, SCOPE, VALUES
from tests.rules.watchdog import watched

EXPRESSIONS = {
    # ways out of the language
    "an attribute of a literal": "().__class__.__bases__[0].__subclasses__()",
    "an attribute of a text": "''.__class__.__mro__",
    "an attribute of a name": "first_name.__class__.__init__.__globals__",
    "an attribute of a function": "now.__globals__",
    "an attribute of a call": "now().tzinfo",
    "a method": "first_name.upper()",
    "a dunder name": "__builtins__",
    "a dunder call": "__import__('os').system('id')",
    "debug": "__debug__",
    "the scope": "s.values",
    "the lookup": "g('first_name')",
    "a constant of the compiled code": "c0",
    "a temporary of the compiled code": "t0",
    "an operation of the compiled code": "multiply(9, 9)",
    "getattr": "getattr(first_name, '__class__')",
    "a function as a value": "now == now",
    "a call of a call": "now()()",
    "a lambda": "(lambda: 1)()",
    "a walrus": "(now := 1) == 1",
    "a list comprehension": "[x for x in tags]",
    "a nested comprehension": "[[y for y in [x for x in tags]] for z in tags]",
    "a generator": "max(x for x in tags)",
    "a set": "{1, 2}",
    "a mapping": "{'a': 1}",
    "a conditional": "1 if vip else 2",
    "an await": "await now()",
    "a yield": "(yield)",
    "a star": "max(*tags)",
    "named arguments": "days(count=1)",
    "a subscript": "tags[0]",
    "a slice": "first_name[::-1]",
    "an import": "import os",
    "two statements": "vip; vip",
    "two lines": "vip\nimport os",
    "a comment": "vip # and not vip",
    "a type comment": "vip # type: ignore",
    "a line continuation": "vip \\\n and vip",
    # texts that compute
    "an f-string": "f'{first_name.__class__}'",
    "a nested f-string": "f'{f\"{vip}\"}'",
    "a percent format": "'%s' % first_name",
    "a padded percent format": "'%1000000000d' % attempts",
    "str.format": "'{0.__class__}'.format(first_name)",
    "format": "format(attempts, '1000000000')",
    "bytes": "b'a' == first_name",
    "a raw text": "r'a' == first_name",
    "adjacent letters and text": "u'a' == first_name",
    # numbers without end
    "a tower of powers": "9 ** 9 ** 9 ** 9",
    "a shift": "1 << 1000000000",
    "a repeated text": "'a' * 1000000000",
    "a repeated list": "[1] * 1000000000",
    "a joined list": "tags + tags",
    "a number of 400 digits": "9" * 400,
    "a hexadecimal number of 400 digits": "0x" + "f" * 400,
    "nothing with a billion decimals": "0e-999999999 == 0",
    "an infinite number": "1e999 > 0",
    "a number past the limit": "1000000000000000001 > 0",
    "a number with a billion decimals": "1e-999999999 > 0",
    "a list with a billion decimals": "attempts in [1e-999999999]",
    "an imaginary number": "1j == 1",
    "an octal number of old": "017 == 15",
    "a number that runs into a word": "1and vip",
    "a hexadecimal number that runs into a word": "0x1for x in vip",
    "a number that runs into an else": "1 if vip else 1else 2",
    # size and depth
    "brackets": "(" * 230 + "1" + ")" * 230,
    "brackets that stay open": "(" * 490,
    "lists": "[" * 100 + "]" * 100,
    "calls": "lower(" * 80 + "first_name" + ")" * 80,
    "nots": "not " * 120 + "vip",
    "minuses": "-" * 490 + "1",
    "bitwise nots": "~" * 490 + "1",
    "attributes": "a" + ".a" * 240,
    "subscripts": "tags" + "[0]" * 150,
    "sums": "1" + "+1" * 240,
    "sums to the right": "(1+" * 110 + "1" + ")" * 110,
    "comparisons": "1" + "<1" * 240,
    "ands and ors": "(vip and (vip or " * 25 + "vip" + "))" * 25,
    "too many characters": "vip" + " " * MAX_CHARACTERS,
    "a huge text": "'" + "a" * 1_000_000 + "'",
    "a huge name": "a" * 1_000_000,
    # characters
    "nothing": "",
    "blanks": " \t\n\u3000",
    "a null": "\x00",
    "a null in a text": "first_name == '\x00'",
    "half a surrogate pair": "first_name == '\ud800'",
    "half a surrogate pair as a name": "\udfff",
    "a byte order mark": "\ufeffvip",
    "a blank of no width": "vip\u200b",
    "a change of direction": "vip\u202e",
    "Cyrillic letters": "v\u0456p",
    "a wide word of Python": "\uff34rue",
    "a wide dunder": "\uff3f\uff3fclass\uff3f\uff3f",
    "wide digits": "attempts == \uff11",
    "Arabic digits": "attempts == \u0663",
    "an unclosed quote": "first_name == 'a",
    "triple quotes": "'''vip''' == first_name",
    "a comment behind a quote that only Python closes": '"""a"x""" == first_name # and not vip"',
    "two texts in a row": "first_name in ['a' 'b']",
    # days that are none
    "day 0": "date(0, 0, 0) < due_date",
    "the year 10000": "date(10000, 1, 1) > due_date",
}
TEXTS = {
    "a loop": "{% for x in tags %}x{% endfor %}",
    "a huge range": "{{ range(1000000000) }}",
    "set": "{% set x = 1 %}",
    "include": "{% include '/etc/passwd' %}",
    "macro": "{% macro m() %}{% endmacro %}",
    "raw": "{% raw %}{{ x }}{% endraw %}",
    "self": "{{ self.__init__ }}",
    "attr": "{{ first_name | attr('__class__') }}",
    "map": "{{ tags | map('upper') }}",
    "format": "{{ '%s' | format(first_name) }}",
    "nested choices": "{% if vip %}" * 6 + "x" + "{% endif %}" * 6,
    "thousands of choices": "{% if vip %}" * 600,
    "thousands of ends": "{% endif %}" * 700,
    "thousands of tags": "{{vip}}" * 1000,
    "thousands of comments": "{##}" * 2000,
    "thousands of openings": "{{" * 4000,
    "a statement never closed": "{%" + "'" * 7000,
    "thousands of quotes": "{{ " + "\"'" * 3900,
    "six filters": "{{ first_name" + " | upper" * 6 + " }}",
    "a hundred filters": "{{ first_name" + " | upper" * 100 + " }}",
    "a currency that repeats": "{{ amount_due | money('EUR'*1000000000) }}",
    "a currency of many letters": "{{ amount_due | money('" + "A" * 500 + "') }}",
    "a currency that formats": "{{ amount_due | money('%s') }}",
    "a million decimals": "{{ amount_due | number(1000000) }}",
    "a billion decimals": "{{ amount_due | number(1000000000) }}",
    "fewer than no decimals": "{{ amount_due | number(-9) }}",
    "decimals as a calculation": "{{ amount_due | number(10**9) }}",
    "a form of strftime": "{{ due_date | date('%s%n%Z') }}",
    "a default that computes": "{{ never | default(first_name) }}",
    "a filter of two arguments": "{{ amount_due | money('EUR', 'USD') }}",
    "a text without end": "x" * 1_000_000,
    "tags without end": "{{ vip }}" * 100_000,
    "one character too many": "x" * (MAX_SOURCE + 1),
}
HOSTILE: dict[str, Value] = {
    "a text with values in it": "{{ amount_due }}{% if vip %}{# x #}",
    "a format": "%s%n{0.__class__}${HOME}`id`",
    "control characters": "\x00\x1b[2J\x07\u202e\ufeff",
    "half a surrogate pair": "\ud800",
    "a text without end": "\N{LATIN SMALL LETTER SHARP S}" * 1_000_000,
    "a huge whole number": 10**4_000,
}


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    with watched():
        yield


def refused_by_name(table: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in table.items()])


@refused_by_name(EXPRESSIONS)
def test_an_attack_in_an_expression_is_refused_at_its_place(source: str) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(ExpressionError) as caught:
            compile_expression(source, NAMES)

    assert caught.value.message
    assert 0 <= caught.value.offset <= min(len(source), MAX_CHARACTERS)
    assert said == []  # Python has opinions of its own on some; they are not the operator's


@pytest.mark.parametrize(
    "form", ["{{ %s }}", "{%% if %s %%}{%% endif %%}", "{%% if vip %%}{%% elif %s %%}{%% endif %%}"]
)
@refused_by_name({name: source for name, source in EXPRESSIONS.items() if len(source) < MAX_SOURCE})
def test_an_attack_in_a_tag_is_refused_at_its_place(source: str, form: str) -> None:
    text = form % source
    with pytest.raises(TemplateError) as caught:
        compile_template(text, NAMES)

    assert 0 <= caught.value.offset <= len(text)


@refused_by_name(TEXTS)
def test_an_attack_in_a_text_is_refused_at_its_place(source: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(source, NAMES)

    assert 0 <= caught.value.offset <= min(len(source), MAX_SOURCE)


def test_letters_of_another_form_are_the_letters_they_stand_for() -> None:
    """As in Python (NFKC). They come to a name that exists, or to none."""
    assert compile_expression("\U0001d4ffip and \uff46irst_name == 'a'", NAMES).names == ("vip", "first_name")


@pytest.mark.parametrize(
    "source",
    [
        *("amount_due / 0", "attempts // 0", "attempts % 0", "days(1) / 0", "days(1) / days(0)", "amount_due // 1e-30"),
        *("amount_due" + " * 999999999999999999" * 20, "1e-30" + " * 1e-30" * 20, "-days(999999999) * 999999999"),
        *("days(999999999999999999)", "weeks(1e18)", "minutes(-1e18)", "due_date + days(999999999)"),
        *("due_date - weeks(999999999)", "datetime(9999, 12, 31, 23, 59) + hours(9)", "datetime(1, 1, 1)"),
        *("datetime(1, 1, 1) - days(1)", "datetime(2027, 1, 1, 99)", "datetime(99999, 1, 1)"),
        *("anniversary(date(9999, 12, 31))", "weekday(datetime(9999, 12, 31, 23, 59))", "hour(datetime(1, 1, 1))"),
        *("days_until(date(9999, 12, 31))", "date(9999, 12, 31) - date(1, 1, 1)", "0e999999999 + 1"),
    ],
)
def test_a_calculation_past_all_bounds_is_short_or_unset(source: str) -> None:
    shown = compile_template("{{ %s }}" % source, NAMES)  # noqa: UP031 - braces

    assert compile_expression(source, NAMES).evaluate(SCOPE) is None or len(shown.render(SCOPE)) < 1_600


def shown(source: str, values: dict[str, Value]) -> str:
    """The text as it is sent; "" where it is too long to be sent."""
    try:
        return compile_template(source, NAMES).render(Scope({**VALUES, **values}, SCOPE.now, BERLIN))
    except RenderFailed:
        return ""


@pytest.mark.parametrize("value", [pytest.param(value, id=name) for name, value in HOSTILE.items()])
@pytest.mark.parametrize("name", ["first_name", "amount_due", "due_date", "seen_at", "tags", "vip"])
def test_a_hostile_value_is_shown_as_it_is_or_not_at_all(name: str, value: Value) -> None:
    texts = [shown(text % name, {name: value}) for text in ("{{ %s }}", "{{ %s | default('x') }}")]

    assert set(texts) <= {value, ""}


@pytest.mark.parametrize("text", [pytest.param(value, id=name) for name, value in HOSTILE.items()])
@pytest.mark.parametrize("test", ["contains", "starts_with", "ends_with"])
def test_a_hostile_value_is_searched_within_bounds(test: str, text: Value) -> None:
    scope = Scope({**VALUES, "first_name": text, "email": "ss" * 500_000 + "x"}, SCOPE.now, BERLIN)

    assert compile_expression(f"{test}(first_name, email)", NAMES).evaluate(scope) in (False, None)
