"""The names a file gives: their form, and the words they must leave to the language."""

import re
from collections.abc import Callable, Sequence
from keyword import iskeyword

from rules.expressions import FUNCTIONS
from rules.fields import IDENTIFIER_KINDS
from rules.loading.mistakes import Mistakes
from rules.marks import Path

MAX_NAME = 60
RESERVED = (
    "participant",
    "customer",
    "communication",
    "results",
    "message",
    "input",
    "true",
    "false",
    "null",
    "none",
    "outcome",
)
NAME = r"[a-z][a-z0-9_]*"
_NAME = re.compile(NAME)
_FORM = "lower-case letters, digits and _, beginning with a letter"


def check_key(mistakes: Mistakes, what: str, path: Path) -> None:
    """Notes a key that is no name, such as `Send-It` for a node."""
    if fault := _fault(str(path[-1])):
        mistakes.at_key(path, "E111", f'{what} "{_cut(str(path[-1]))}" {fault}', _suggestion(str(path[-1])))


def check_campaign(mistakes: Mistakes, name: str) -> None:
    if fault := _fault(name):
        mistakes.at_value(("campaign",), "E111", f'the campaign name "{_cut(name)}" {fault}', _suggestion(name))


def check_field(mistakes: Mistakes, name: str, level: str, path: Path) -> None:
    """Notes a field that hides a name of the language or, among those of the customer, an identifier."""
    check_key(mistakes, "the field name", path)
    if is_reserved(name):
        mistakes.at_key(path, "E208", f'a field cannot be named "{name}": the language uses that word', f"try {name}_")
    elif level == "customer" and name in IDENTIFIER_KINDS:
        message = f'"customer.{name}" is there already: it is an identifier of every customer'
        mistakes.at_key(path, "E208", message, "remove the field; an import fills identifiers by their names")


def check_result(mistakes: Mistakes, name: str, path: Path) -> None:
    """Notes a result whose name is no name, or that an expression could not say."""
    if fault := _fault(name):
        mistakes.at_value(path, "E111", f'the result name "{_cut(name)}" {fault}', _suggestion(name))
    elif iskeyword(name):
        mistakes.at_value(path, "E208", f'a result cannot be named "{name}": the language uses that word')


def check_result_key(mistakes: Mistakes, path: Path) -> None:
    """`check_result` for a result that is named by a key."""
    name = str(path[-1])
    check_key(mistakes, "the result name", path)
    if iskeyword(name):
        mistakes.at_key(path, "E208", f'a result cannot be named "{name}": the language uses that word', f"try {name}_")


def check_values(
    mistakes: Mistakes, kind: str, values: Sequence[str], path: Path, plain: Callable[[str], str] = str.strip
) -> None:
    """Notes an enumeration without values, values without an enumeration, and values that are blank or given twice.

    ``plain`` is what is compared of a value when somebody gives it.
    """
    if kind == "enumeration" and not values:
        mistakes.at_value((*path, "type"), "E109", "an enumeration has no values", "add values: [first, second]")
    elif kind != "enumeration" and values:
        mistakes.at_key((*path, "values"), "E109", f'"values" makes no sense for the type {kind}', "use enumeration")
    _check_each(mistakes, values, (*path, "values"), plain)


def _check_each(mistakes: Mistakes, values: Sequence[str], path: Path, plain: Callable[[str], str]) -> None:
    first: dict[str, str] = {}
    for number, value in enumerate(values):
        before = first.setdefault(plain(value), value)
        if not plain(value):
            mistakes.at_value((*path, number), "E109", "a value is blank", "write a word, or remove it")
        elif value in values[:number]:
            mistakes.at_value((*path, number), "E109", f'the value "{_cut(value)}" is there twice')
        elif before != value:
            message = f'the values "{_cut(before)}" and "{_cut(value)}" cannot be told apart'
            mistakes.at_value((*path, number), "E109", message, "people may answer in capital or in small letters")


def is_reserved(name: str) -> bool:
    return name in RESERVED or name in FUNCTIONS or iskeyword(name)


def _fault(name: str) -> str:
    if len(name) > MAX_NAME:
        return f"has {len(name)} characters, at most {MAX_NAME} are possible"
    return "" if _NAME.fullmatch(name) else "is not a name"


def _suggestion(name: str) -> str:
    tidy = _tidy(name)
    return f"a name is {_FORM}, such as {tidy if _NAME.fullmatch(tidy) else 'send_reminder'}"


def _tidy(name: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:MAX_NAME]


def uses_of(ill_named: str) -> tuple[str, ...]:
    """How expressions may speak of a result whose name is wrong: as it is written, and as it should be; none where the
    name is right."""
    return (ill_named, _tidy(ill_named)) if _fault(ill_named) or iskeyword(ill_named) else ()


def _cut(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[:MAX_NAME]}..."
