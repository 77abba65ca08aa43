"""How a question is put: the answers it offers, and what is said after one that does not fit."""

from collections.abc import Mapping

from rules.agents.answers import is_numbered
from rules.agents.question import Question
from rules.values import ValueType

SKIP_CHOICE = "Skip"
HOW_TO_ANSWER: Mapping[ValueType, str] = {
    ValueType.BOOLEAN: "please answer yes or no.",
    ValueType.INTEGER: "please answer with a whole number{}.",
    ValueType.NUMERIC: "please answer with a number{}.",
    ValueType.DATE: "please answer with a date such as 2026-12-31.",
    ValueType.DATETIME: "please answer with a date and a time such as 2026-12-31 14:30.",
    ValueType.EMAIL: "please answer with an email address.",
    ValueType.PHONE: "please answer with a phone number such as +49 30 901820.",
}


def choices_of(question: Question) -> tuple[str, ...]:
    """The answers that buttons offer with the question; () where it may be anything."""
    choices = ("Yes", "No") if question.type is ValueType.BOOLEAN else question.choices
    return (*choices, SKIP_CHOICE) if question.optional else choices


def listing_of(question: Question) -> str:
    """The choices of an enumeration as a text names them: in lines with numbers, where a number says which is meant."""
    if not is_numbered(question):
        return ", ".join(question.choices)
    return "\n".join(f"{number} {choice}" for number, choice in enumerate(question.choices, start=1))


def how_to_answer(question: Question, room: int) -> str:
    """What to say after an answer that does not fit, in at most ``room`` characters where that can be."""
    if question.choices:
        listed = f"Sorry, please answer with one of: {', '.join(question.choices)}."
        return listed if len(listed) <= room else "Sorry, that is not one of the answers."
    if question.pattern:
        return "Sorry, that does not have the right form."
    return f"Sorry, {HOW_TO_ANSWER.get(question.type, 'please answer with a text.').format(_bounds(question))}"


def _bounds(question: Question) -> str:
    low, high = question.least, question.most
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f" of at least {low}" if low is not None else f" of at most {high}" if high is not None else ""
