"""One question of a form."""

from dataclasses import dataclass
from decimal import Decimal

from rules.expressions import Expression
from rules.templates import Template
from rules.values import ValueType


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question. ``retries`` is how often it is asked again after an answer that does not fit.

    ``condition``: it is asked only where this is true (None: always). ``choices`` are the allowed answers of an
    enumeration, ``least`` and ``most`` the bounds of a number (included), ``pattern`` what must be found in a text
    ("": anything). ``optional``: the person may leave it out. ``help`` is what is said to one who asks for help;
    ``invalid`` before asking again (None: a sentence that says how to answer).
    """

    result: str
    ask: Template
    type: ValueType = ValueType.STRING
    condition: Expression | None = None
    choices: tuple[str, ...] = ()
    least: int | Decimal | None = None
    most: int | Decimal | None = None
    pattern: str = ""
    optional: bool = False
    retries: int = 0
    help: Template | None = None
    invalid: Template | None = None
