"""Readers for texts, email addresses, phone numbers and Slack users."""

import re
from unicodedata import normalize

import phonenumbers

from rules.phones import is_plain_e164
from rules.readers import FieldError, written

MAX_TEXT = 1_600  # what a person may answer by SMS can be kept in a field
MAX_RAW = 4 * MAX_TEXT  # no character is composed of more than 4; composing takes the square of the length
MAX_EMAIL = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets less its brackets
MAX_PHONE = 40
MAX_SLACK = 30
MAX_SLACK_NAME = 81  # a channel's name of 80 characters and its #

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@(?:[\w-]{1,63}\.){1,10}[\w-]{2,63}")
_SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_SLACK_ID = re.compile(r"[CGDUW][A-Z0-9]+")
_SLACK_NAME = re.compile(r"#[\w.-]+")
_PHONE_SIGNS = re.compile(r"\+?[0-9 ()/.\-\u00a0\u2010-\u2013]+")


def text_of(raw: object, limit: int = MAX_TEXT) -> str:
    """The text without blanks around it, in composed form (NFC: an é of two characters is the é of one).

    Raises FieldError for other types, control characters and past ``limit``.
    """
    if not isinstance(raw, str):
        raise FieldError(f"{written(raw)} must be a text; put quotes around it")
    text = normalize("NFC", raw.replace("\r\n", "\n").strip()) if len(raw) <= MAX_RAW else raw
    if len(text) > limit:
        raise FieldError(f"the text has {len(text)} characters; at most {limit} are kept")
    if found := _CONTROL.search(text):
        raise FieldError(f"{written(text)} holds the control character U+{ord(found.group()):04X}; remove it")
    return text


def without_controls(text: str) -> str:
    """The text without control characters and blanks around it; line breaks stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def read_email(raw: object) -> str:
    """An email address in lower case; raises FieldError. Only its form is checked."""
    text = text_of(raw, MAX_EMAIL)
    local = text.partition("@")[0]
    misplaced = local.startswith(".") or local.endswith(".") or ".." in text
    if misplaced or not _EMAIL.fullmatch(text) or not text.isprintable():
        raise FieldError(f"{written(text)} is not an email address; write name@example.com")
    return text.lower()


def read_phone(raw: object, region: str = "") -> str:
    """A valid phone number as E.164; raises FieldError. Numbers without + are read as written in ``region``.

    Letters are refused before parsing: the library would read them as the digits they share a key with.
    """
    text = text_of(raw, MAX_PHONE)
    return text if is_plain_e164(text) else _parsed_phone(text, region)


def _parsed_phone(text: str, region: str) -> str:
    if not _PHONE_SIGNS.fullmatch(text):
        raise FieldError(f"{written(text)} is not a phone number; use digits only, such as +4915112345678")
    if not text.startswith("+") and not region:
        raise FieldError(f"{written(text)} has no country code; write it with +, or set the campaign's region")
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        raise FieldError(f"{written(text)} is not a phone number; write it as +4915112345678") from None
    if not phonenumbers.is_valid_number(number):
        raise FieldError(f"{written(text)} is not a phone number that can exist; check its digits and country code")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def read_slack_user(raw: object) -> str:
    """A Slack user id such as U024BE7LH; raises FieldError."""
    text = text_of(raw, MAX_SLACK)
    if not _SLACK_USER.fullmatch(text):
        raise FieldError(f"{written(text)} is not a Slack user id; copy the member id, such as U024BE7LH")
    return text


def read_slack_place(raw: object) -> str:
    """Where a Slack message may go: a channel by its name (#billing), or the id of a conversation or user.

    Raises FieldError. Names: https://api.slack.com/methods/conversations.rename; ids: chat.postMessage, `channel`.
    """
    text = text_of(raw, MAX_SLACK_NAME)
    if not _SLACK_ID.fullmatch(text) and not (_SLACK_NAME.fullmatch(text) and text == text.lower()):
        raise FieldError(f"{written(text)} is no place in Slack; write #billing, or an id such as C024BE7LH")
    return text
