"""What is told of a phone number without parsing is what parsing it says."""

from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat

from rules.phones import is_plain_e164
from rules.texts import read_phone

KINDS = range(11)  # the library's types, fixed line to voicemail
DIGITS = st.text("0123456789", min_size=1, max_size=14)


def parsed(text: str) -> str:
    """The number in E.164 by the library, "" where it can't exist."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(number) else ""


def examples() -> Iterator[str]:
    """A number of each kind of every region there is, and of what belongs to no region."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS:
            if number := phonenumbers.example_number_for_type(region, kind):
                yield phonenumbers.format_number(number, PhoneNumberFormat.E164)
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        if number := phonenumbers.example_number_for_non_geo_entity(code):
            yield phonenumbers.format_number(number, PhoneNumberFormat.E164)


EXAMPLES = tuple(dict.fromkeys(examples()))
CODES = st.sampled_from(sorted(COUNTRY_CODE_TO_REGION_CODE))
NEIGHBOURS = st.tuples(st.sampled_from(EXAMPLES), st.integers(1, 8), DIGITS)


def wrong(texts: Iterator[str]) -> list[str]:
    return [text for text in texts if is_plain_e164(text) and parsed(text) != text]


def test_of_every_example_that_is_told_so_parsing_says_the_same() -> None:
    assert wrong(iter(EXAMPLES)) == []


def test_of_everything_one_digit_beside_an_example_parsing_says_the_same() -> None:
    assert wrong(beside(EXAMPLES)) == []


def beside(numbers: tuple[str, ...]) -> Iterator[str]:
    for number in numbers:
        code = len(str(phonenumbers.parse(number).country_code)) + 1
        yield from (f"{number[:code]}{digit}{number[code + 1 :]}" for digit in "0123456789")
        yield from (f"{number[:code]}{digit}{number[code:]}" for digit in "0189")
        yield from (number[:-1], f"{number}0")


@given(CODES, DIGITS)
def test_of_any_digits_after_any_country_code_parsing_says_the_same(code: int, digits: str) -> None:
    assert wrong(iter([f"+{code}{digits}"])) == []


@given(NEIGHBOURS)
def test_of_any_digits_that_begin_as_an_example_parsing_says_the_same(cut: tuple[str, int, str]) -> None:
    example, left, digits = cut
    number = f"{example[:-left]}{digits}"

    assert wrong(iter([number, number[: len(example)]])) == []


@pytest.mark.parametrize("before", ["", " ", "00", "++", "\uff0b", "tel:"])
@pytest.mark.parametrize("after", ["", " ", "\n", "x1", ";ext=1", "\u0661", "\uff11", "\u00b2"])
def test_any_other_way_of_writing_is_left_to_parsing(before: str, after: str) -> None:
    text = f"{before or '+'}4915112345678{after}"

    assert is_plain_e164(text) == (text == "+4915112345678")


def test_nearly_every_number_needs_no_parsing() -> None:
    assert sum(map(is_plain_e164, EXAMPLES)) > 0.95 * len(EXAMPLES)


@pytest.mark.parametrize(
    "number",
    [
        "+4915123456789",
        "+14155552671",
        "+18762101234",
        "+447400123456",
        "+5491123456789",
        "+393123456789",
        "+919876543210",
    ],
)
def test_a_number_of_a_person_needs_no_parsing(number: str) -> None:
    assert is_plain_e164(number)
    assert read_phone(number) == read_phone(f"{number[:5]} {number[5:]}") == number


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("+390212345678", "+390212345678"),  # a zero that is part of the number
        ("+49015112345678", "+4915112345678"),  # a zero that is not
        ("+80012345678", "+80012345678"),  # of no country
        ("+5401123456789", "+541123456789"),
    ],
)
def test_what_only_parsing_can_tell_is_parsed(number: str, read: str) -> None:
    assert not is_plain_e164(number)
    assert parsed(number) == read_phone(number) == read
