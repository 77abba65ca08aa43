"""What a person's words mean as an answer to a question."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from unicodedata import normalize

from rules.agents.question import Question
from rules.book import Field
from rules.fields import FieldError, coerce
from rules.loading.shape import MAX_WORDS
from rules.names import Scope
from rules.patterns import matches
from rules.templates import MAX_RENDERED
from rules.texts import without_controls
from rules.values import Position, Value, ValueType

YES = frozenset({"yes", "y", "ja", "j", "true", "1"})
NO = frozenset({"no", "n", "nein", "false", "0"})
SKIP, HELP = frozenset({"skip", "-", "\u2013", "\u2014"}), "help"
MAX_PLAIN = 4 * MAX_WORDS  # a choice in as many characters as it may be written with; the time grows by their square
_TRAILING = " \t\r\n.,!?;:)\"'"


def read_answer(question: Question, text: str, scope: Scope) -> Value:
    """The answer as a value of the question's type, as it is written where the participant is; None where the words
    do not fit it."""
    words = text.strip()
    if not words:
        return None
    answer = _READERS.get(question.type, _any_type)(question, words, scope)
    return answer if _is_within(question, answer) else None


def asks_for_help(question: Question, text: str) -> bool:
    """Whether the words are "?" or "help", and the question has help to give."""
    words = text.strip()
    asked = plain(words) == HELP or (words != "" and not words.strip("?"))
    return asked and question.help is not None and not _is_choice(question, words)


def skips(question: Question, text: str) -> bool:
    """Whether the words leave an optional question out."""
    return question.optional and plain(text) in SKIP and not _is_choice(question, text)


def plain(words: str) -> str:
    """The words as answers are compared: without case, without what people put behind them, and each character in
    its plainest form; as they are where they are longer than anything they are compared with."""
    if len(words) > MAX_PLAIN:
        return words
    return normalize("NFKC", normalize("NFKC", words).strip().rstrip(_TRAILING).casefold())


def is_numbered(question: Question) -> bool:
    """Whether choices may be answered by number: not where one begins with a digit, as it could be meant by it."""
    return not any(plain(choice)[:1].isdigit() for choice in question.choices)


def _is_choice(question: Question, words: str) -> bool:
    return plain(words) in map(plain, question.choices)


def _is_within(question: Question, answer: Value) -> bool:
    if isinstance(answer, str) and question.pattern:
        return matches(answer, question.pattern)
    if isinstance(answer, bool) or not isinstance(answer, int | Decimal):
        return True
    least, most = question.least, question.most
    return (least is None or least <= answer) and (most is None or answer <= most)


def _boolean(question: Question, words: str, scope: Scope) -> Value:
    """By word. 2 is no answer: one who means "the second" by it would be taken to say no, by 1 everybody means yes."""
    return True if plain(words) in YES else False if plain(words) in NO else None


def _enumeration(question: Question, words: str, scope: Scope) -> Value:
    """By value, by its number in the list, counted from 1, or by the whole line."""
    by_word: dict[str, str] = {}
    for number, choice in enumerate(question.choices if is_numbered(question) else (), start=1):
        by_word |= {str(number): choice, f"{number} {plain(choice)}": choice}
    by_word.update({plain(choice): choice for choice in question.choices})
    return by_word.get(plain(words))


def _text(question: Question, words: str, scope: Scope) -> Value:
    """Anything that can be shown again, up to the length that can be sent."""
    text = without_controls(words)
    return text if 0 < len(text) <= MAX_RENDERED else None


def _any_type(question: Question, words: str, scope: Scope) -> Value:
    field = Field(name=question.result, type=question.type, position=Position("", 1, 1))
    try:
        return coerce(field, words.rstrip(_TRAILING), scope.region, scope.zone)
    except FieldError:
        return None


_READERS: Mapping[ValueType, Callable[[Question, str, Scope], Value]] = {
    ValueType.STRING: _text,
    ValueType.BOOLEAN: _boolean,
    ValueType.ENUMERATION: _enumeration,
}
