"""Texts: how values look in them, and what they refuse."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.names import Scope
from rules.templates import MAX_RENDERED, MAX_SOURCE, RenderFailed, TemplateError, compile_template
from tests.rules.language import NAMES, SCOPE


def text_of(source: str) -> str:
    return compile_template(source, NAMES).render(SCOPE)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Thank you.", "Thank you."),
        ("", ""),
        ("{{ first_name }}: {{ amount_due }} | {{ attempts }}", "Änna: 129.90 | 3"),
        ("{{ amount_due | money('EUR') }} due {{ due_date | date }}", "129.90 EUR due 28 Mar 2027"),
        ("{{ amount_due | money('JPY') }} {{ amount_due | money('KWD') }}", "130 JPY 129.900 KWD"),
        ("{{ amount_due / 7 | number }} {{ 2 / 3 | number(4) }} {{ 5 | number(0) }}", "18.56 0.6667 5"),
        ("{{ due_date }} {{ seen_at }} {{ vip }} {{ not vip }}", "2027-03-28 2027-03-28 00:00 yes no"),
        ("{{ seen_at | datetime }}, {{ seen_at | time }}", "28 Mar 2027 00:00, 00:00"),
        ("{{ due_date | date('DD.MM.YYYY') }} {{ due_date | date('D/M/YY') }}", "28.03.2027 28/3/27"),
        ("{{ first_name | upper }}{{ first_name | lower }}", "ÄNNAänna"),
        ("[{{ never }}] [{{ never | money('EUR') }}] [{{ never_text | default('friend') }}]", "[] [] [friend]"),
        ("{{ tags }} {{ days(3) }} {{ minutes(-90) }}", "new, late 3 days -1 hour 30 minutes"),
        ("{{ days_until(due_date) }} day", "1 day"),
        ('{{ "{{ x }}" }} {# never said #}%', "{{ x }} %"),
        ("{% if attempts > 2 %}much{% else %}little{% endif %}", "much"),
        ("{% if vip == false %}a{% elif never > 1 %}b{% endif %}.", "."),
        ("{% if vip %}\na\n{% else %}\nb\n{% endif %}\n", "a"),
        ("a\n\nb\n\n", "a\n\nb"),
        ("a\n{% if vip %}\n  b\n  {% if not vip %}\n  c\n  {% endif %}\n{% endif %}\nd", "a\n  b\nd"),
    ],
)
def test_a_text_shows_its_values(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    ("source", "message", "marked", "hint"),
    [
        ("Hi {{ first_nam }}", 'unknown name "first_nam"', "first_nam", 'did you mean "first_name"?'),
        ("{{ amount_due | mony }}", 'unknown filter "mony"', "mony", 'did you mean "money"?'),
        ("{{ first_name | money('EUR') }}", "needs a number", "money('EUR')", ""),
        ("{{ amount_due | money('eur') }}", "three capital letters", "money('eur')", ""),
        ("{{ amount_due | money }}", "needs something in brackets", "money", ""),
        ("{{ first_name | upper('x') }}", "without brackets", "upper('x')", ""),
        ("{{ due_date | date('x') }}", "a form is made of", "date('x')", ""),
        ("{{ first_name", "opened and not closed", "{{", "close it"),
        ("{{ }}", "the tag is empty", "{{ }}", "write a name"),
        ("{{ attempts | 3 + }}", "not a filter", "3 +", ""),
        ("x{% if attempts %}{% endif %}", "a yes or no is wanted here", "attempts", ""),
        ("{% if vip %}", "is not closed", "{% if vip %}", "{% endif %}"),
        ("{% endif %}", "without its {% if %}", "{% endif %}", ""),
        ("{% if vip %}{% else %}{% else %}{% endif %}", "stands behind", "{% else %}", ""),
        ("{% if vip %}{% endif vip %}", "takes no condition", "{% endif vip %}", ""),
        ("{% iff vip %}", '"iff" is not known', "{% iff vip %}", 'did you mean "if"?'),
    ],
)
def test_a_mistake_is_told_in_words_at_its_place(source: str, message: str, marked: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(source, NAMES)
    error = caught.value
    assert message in error.message
    assert source[error.offset : error.offset + error.width] == marked
    assert hint in error.hint


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in range(100000000) %}x{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'secrets' %}",
        "{% import 'os' as os %}",
        "{% macro f() %}{% endmacro %}",
        "{{ range(100000000) }}",
        "{{ 'a' * 2000000000 }}",
        "{{ first_name.__class__.__mro__ }}",
        "{{ first_name.upper() }}",
        "{{ self }}",
        "{{ ''.join(tags) }}",
        "{{ '%s' % first_name }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ first_name | attr('__class__') }}",
        "{{ first_name | upper | upper | upper | upper | upper | upper }}",
        "{% if vip %}" * 6 + "{% endif %}" * 6,
        "{{ vip }}" * 201,
        "a" * (MAX_SOURCE + 1),
    ],
)
def test_nothing_outside_the_language_gets_in(source: str) -> None:
    with pytest.raises(TemplateError):
        compile_template(source, NAMES)


def test_a_value_is_shown_and_never_read() -> None:
    scope = Scope({"first_name": "{{ amount_due }}{% if vip %}x"}, SCOPE.now)
    assert compile_template("{{ first_name }}", NAMES).render(scope) == "{{ amount_due }}{% if vip %}x"


def test_a_text_too_long_to_send_says_both_lengths() -> None:
    scope = Scope({"first_name": "a" * MAX_RENDERED}, SCOPE.now)
    with pytest.raises(RenderFailed, match="1604 characters; at most 1600"):
        compile_template("Hi, {{ first_name }}", NAMES).render(scope)


def test_a_template_names_what_it_uses() -> None:
    template = compile_template("{% if vip %}{{ first_name }}{% endif %}{{ first_name }}", NAMES)
    assert template.names == ("vip", "first_name")


def test_a_value_of_the_wrong_type_is_shown_as_nothing() -> None:
    scope = Scope({"amount_due": "x", "seen_at": datetime.max.replace(tzinfo=UTC)}, SCOPE.now, SCOPE.zone)
    assert compile_template("[{{ amount_due | money('EUR') }}{{ seen_at | date }}]", NAMES).render(scope) == "[]"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}%#'\"| \nifelsendvp()a1_", max_size=60))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    offset = 0
    try:
        compile_template(source, NAMES).render(SCOPE)
    except TemplateError as error:
        offset = error.offset
    assert 0 <= offset <= len(source)
