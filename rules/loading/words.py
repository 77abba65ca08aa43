"""What is wrong with the shape of a piece, in the operator's words: never a library's, never a type name of ours."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import get_args

from pydantic_core import ErrorDetails

from rules.diagnostics import did_you_mean
from rules.fields import FieldError
from rules.loading.mistakes import Mistakes
from rules.loading.shape import Spec
from rules.marks import Path
from rules.scalars import MAX_DIGITS

MAX_LISTED = 10
MAX_QUOTED = 60  # characters of a value
_TOO_LONG = re.compile(rf"-?[0-9]{{{MAX_DIGITS + 1},}}")
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
}


def note(spec: type[Spec], error: ErrorDetails, path: Path, mistakes: Mistakes) -> None:
    """Notes one fault that the spec finds in the piece at ``path``."""
    kind, place = error["type"], mistakes.marked.written(path + error["loc"])
    if kind == "extra_forbidden":
        _note_unknown_key(_spec_at(spec, error["loc"]), place, mistakes)
    elif kind == "missing":
        _note_missing_key(_spec_at(spec, error["loc"]), place, mistakes)
    elif kind in _WANTED:
        _note_wrong_type(_WANTED[kind], error["input"], place, mistakes)
    else:
        say = _NOT_ALLOWED.get(kind, _say_not_allowed)
        code, message, hint = say(subject(place), error)
        mistakes.at_value(place, code, message, hint)


def _note_unknown_key(spec: type[Spec], place: Path, mistakes: Mistakes) -> None:
    known, key = keys_of(spec), str(place[-1])
    hint = did_you_mean(key, known) or f"keys here: {', '.join(known)}"
    if key in spec.meant:
        hint = f'write "{spec.meant[key]}"'
    if key in spec.misplaced:
        hint = f"write it {spec.misplaced[key]}"
    hint = comma_hint(place, mistakes) or hint
    if key in spec.elsewhere:
        mistakes.at_key(place, "E209", f'"{key}" does not narrow this trigger', f"keys here: {', '.join(known)}")
    else:
        mistakes.at_key(place, "E107", f'unknown key "{key}"', hint)


def _note_missing_key(spec: type[Spec], place: Path, mistakes: Mistakes) -> None:
    needed = [field.alias or name for name, field in spec.model_fields.items() if field.is_required()]
    message, hint = f'{subject(place[:-1])} has no "{place[-1]}"', f"needed here: {', '.join(needed)}"
    mistakes.at_key(place[:-1], "E108", message, hint)


def _note_wrong_type(wanted: str, value: object, place: Path, mistakes: Mistakes) -> None:
    if wanted == _WANTED["int_type"] and isinstance(value, str) and _TOO_LONG.fullmatch(value):
        digits = len(value.lstrip("-"))
        mistakes.at_value(place, "E112", f"{subject(place)} has {digits} digits", f"at most {MAX_DIGITS} are possible")
        return
    message = f"{subject(place)} must be {wanted}, but {describe(value)}"
    hint = ""
    if wanted == "text" and isinstance(value, bool | int | Decimal):
        written = str(value).lower() if isinstance(value, bool) else value
        hint = f'put quotes around it: "{written}"'
    elif value is None:
        hint = _hidden(mistakes.marked.after(place))
    mistakes.at_value(place, "E106", message, hint)


def _hidden(comment: str) -> str:
    """What to write where a comment stands in place of a value."""
    found = re.match(r"#([^\s#]\S*)", comment)
    return f'"#" begins a comment: write "{_cut(found[0])}"' if found else ""


def comma_hint(place: Path, mistakes: Mistakes) -> str:
    """What to write where a key of digits is what a comma has cut off a number; "" where it is something else."""
    key, before = str(place[-1]), re.search(r"[0-9]+(?=,\Z)", mistakes.marked.before(place))
    return f"a comma ends a value: write {before[0]}.{key} with a point" if before and key.isdecimal() else ""


def subject(place: Path) -> str:
    """What a mistake is about: the nearest key, in quotes."""
    key = next((f'"{part}"' for part in reversed(place) if isinstance(part, str)), "the file")
    return f"an entry of {key}" if place and isinstance(place[-1], int) else key


def describe(value: object) -> str:
    """What YAML makes of a value, as the end of a sentence."""
    if value is None:
        return "nothing is written there"
    if isinstance(value, dict):
        return "this is a mapping"
    if isinstance(value, list):
        return "this is a list"
    return f"this is {'text' if isinstance(value, str) else 'true or false' if isinstance(value, bool) else 'a number'}"


def reason_and_hint(error: FieldError) -> tuple[str, str]:
    """What a refused value is not, and what to write instead."""
    reason, _, hint = str(error).partition("; ")
    return reason, hint


def hint_for(name: str, known: Iterable[str], what: str) -> str:
    """The name that was probably meant, or the names there are."""
    names = list(known)
    if near := did_you_mean(name, names):
        return near
    more = ", ..." if len(names) > MAX_LISTED else ""
    return f"{what}: {', '.join(names[:MAX_LISTED])}{more}" if names else f"there are no {what}"


def keys_of(spec: type[Spec]) -> list[str]:
    """The keys a piece may have, as written in the file."""
    return [field.alias or name for name, field in spec.model_fields.items()]


def _spec_at(spec: type[Spec], loc: tuple[int | str, ...]) -> type[Spec]:
    """The spec of the innermost piece that a place names."""
    for part in loc[:-1]:
        annotation = next((f.annotation for n, f in spec.model_fields.items() if part == (f.alias or n)), None)
        spec = next((s for s in _inner(annotation)), spec)
    return spec


def _inner(annotation: object) -> list[type[Spec]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return [annotation]
    return [spec for part in get_args(annotation) for spec in _inner(part)]


Said = tuple[str, str, str]


def _say_literal(what: str, error: ErrorDetails) -> Said:
    allowed = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
    hint = did_you_mean(str(error["input"]), allowed.split(", ")) or f"possible: {allowed}"
    return "E109", f"{what} cannot be {quoted(error['input'])}", hint


def _say_duration(what: str, error: ErrorDetails) -> Said:
    return "E109", f"{what} cannot be {quoted(error['input'])}", "a length of time is written 30m, 24h, 2d or 1w"


def _say_duration_size(what: str, error: ErrorDetails) -> Said:
    return "E112", f"{what} cannot be {quoted(error['input'])}", "a length of time is more than 0 and at most 366d"


def _say_form(what: str, error: ErrorDetails) -> Said:
    return "E109", f"{what} cannot be {quoted(error['input'])}", error["ctx"]["hint"]


def _say_no_key(what: str, error: ErrorDetails) -> Said:
    return "E108", f'{what} has no "{error["ctx"]["key"]}"', error["ctx"]["hint"]


def _say_too_many(what: str, error: ErrorDetails) -> Said:
    limit = error["ctx"]["max_length"]
    return "E112", f"{what} has {len(error['input'])} entries", f"at most {limit} are possible"


def _say_empty(what: str, error: ErrorDetails) -> Said:
    return "E109", f"{what} is empty", "at least one entry is needed"


def _say_text_long(what: str, error: ErrorDetails) -> Said:
    limit = error["ctx"]["max_length"]
    return "E112", f"{what} has {len(error['input'])} characters", f"at most {limit} are possible"


def _say_text_empty(what: str, error: ErrorDetails) -> Said:
    return "E109", f"{what} is empty", "write some text here"


def _say_range(what: str, error: ErrorDetails) -> Said:
    limits = {"ge": "at least", "le": "at most"}
    limit = " ".join(f"{limits[word]} {number}" for word, number in error["ctx"].items())
    return "E112", f"{what} cannot be {error['input']}", f"it must be {limit}"


def _say_not_allowed(what: str, error: ErrorDetails) -> Said:
    return "E109", f"{what} cannot be {quoted(error['input'])}", ""


_NOT_ALLOWED: dict[str, Callable[[str, ErrorDetails], Said]] = {
    "literal_error": _say_literal,
    "duration": _say_duration,
    "duration_size": _say_duration_size,
    "form": _say_form,
    "no_key": _say_no_key,
    "too_long": _say_too_many,
    "too_short": _say_empty,
    "string_too_long": _say_text_long,
    "string_too_short": _say_text_empty,
    "greater_than_equal": _say_range,
    "less_than_equal": _say_range,
}


def quoted(value: object) -> str:
    """A value as an operator wrote it, cut where it is long."""
    text = str(value) if isinstance(value, str) else "a mapping" if isinstance(value, dict) else str(value)
    return f'"{_cut(text)}"' if isinstance(value, str) else _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 3]}..."
