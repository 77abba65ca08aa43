"""One question of a form."""

from dataclasses import dataclass

from rules.templates import Template
from rules.values import ValueType


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question. ``retries`` is how often it is asked again after an answer that does not fit its type.

    ``choices`` are the allowed answers of an enumeration; ``invalid`` is said before asking again (None: a sentence
    that says how to answer).
    """

    result: str
    ask: Template
    type: ValueType = ValueType.STRING
    choices: tuple[str, ...] = ()
    retries: int = 0
    invalid: Template | None = None
