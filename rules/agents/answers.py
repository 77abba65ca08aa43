"""What a person's words mean as an answer to a question."""

from collections.abc import Callable, Mapping

from rules.agents.question import Question
from rules.book import Field
from rules.fields import FieldError, coerce
from rules.names import Scope
from rules.templates import MAX_RENDERED
from rules.texts import without_controls
from rules.values import Position, Value, ValueType

YES = frozenset({"yes", "y", "ja", "j", "true", "1"})
NO = frozenset({"no", "n", "nein", "false", "0"})
HOW_TO_ANSWER: Mapping[ValueType, str] = {
    ValueType.BOOLEAN: "please answer yes or no.",
    ValueType.INTEGER: "please answer with a whole number.",
    ValueType.NUMERIC: "please answer with a number.",
    ValueType.DATE: "please answer with a date such as 2026-12-31.",
    ValueType.DATETIME: "please answer with a date and a time such as 2026-12-31 14:30.",
    ValueType.EMAIL: "please answer with an email address.",
    ValueType.PHONE: "please answer with a phone number such as +49 30 901820.",
}
_TRAILING = " \t\r\n.,!?;:)\"'"


def choices_of(question: Question) -> tuple[str, ...]:
    """The answers that are offered with the question; () where it may be anything."""
    return ("Yes", "No") if question.type is ValueType.BOOLEAN else question.choices


def how_to_answer(question: Question, room: int) -> str:
    """What to say after an answer that does not fit, in at most ``room`` characters where that can be."""
    if question.choices:
        listed = f"Sorry, please answer with one of: {', '.join(question.choices)}."
        return listed if len(listed) <= room else "Sorry, that is not one of the answers."
    return f"Sorry, {HOW_TO_ANSWER.get(question.type, 'please answer with a text.')}"


def read_answer(question: Question, text: str, scope: Scope) -> Value:
    """The answer as a value of the question's type, as it is written where the participant is; None where the words
    do not fit it."""
    words = text.strip()
    if not words:
        return None
    return _READERS.get(question.type, _any_type)(question, words, scope)


def plain(words: str) -> str:
    """The words as answers are compared: without case, and without what people put behind them."""
    return words.strip().rstrip(_TRAILING).casefold()


def _boolean(question: Question, words: str, scope: Scope) -> Value:
    return True if plain(words) in YES else False if plain(words) in NO else None


def _enumeration(question: Question, words: str, scope: Scope) -> Value:
    """By value, or by its number in the list, counted from 1."""
    by_word = {str(number): choice for number, choice in enumerate(question.choices, start=1)}
    by_word.update({plain(choice): choice for choice in question.choices})
    return by_word.get(plain(words))


def _text(question: Question, words: str, scope: Scope) -> Value:
    """Anything that can be shown again, up to the length that can be sent."""
    text = without_controls(words)
    return text if 0 < len(text) <= MAX_RENDERED else None


def _any_type(question: Question, words: str, scope: Scope) -> Value:
    field = Field(name=question.result, type=question.type, position=Position("", 1, 1))
    try:
        return coerce(field, words, scope.region, scope.zone)
    except FieldError:
        return None


_READERS: Mapping[ValueType, Callable[[Question, str, Scope], Value]] = {
    ValueType.STRING: _text,
    ValueType.BOOLEAN: _boolean,
    ValueType.ENUMERATION: _enumeration,
}
