"""Reads one piece of a file by its spec; a fault in it hides no other."""

from copy import deepcopy
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rules.diagnostics import MAX_FOUND, did_you_mean
from rules.loading.mistakes import Mistakes
from rules.loading.shape import Spec
from rules.loading.words import note
from rules.marks import Path

S = TypeVar("S", bound=Spec)


def read(spec: type[S], data: object, path: Path, mistakes: Mistakes) -> S | None:
    """The piece at ``path``. Every fault of its shape is noted; what is faulty and may be left out is then left out,
    so that what else the piece says is still looked at. None where too little is left."""
    try:
        return spec.model_validate(data)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    for error in errors[:MAX_FOUND]:
        if not _is_misspelt(error, errors):
            note(spec, error, path, mistakes)
    return _read_rest(spec, _without(data, [error["loc"] for error in errors]))


def _read_rest(spec: type[S], data: object) -> S | None:
    """What is left of a piece; a part of it that lacks what it needs is left out, too."""
    try:
        return spec.model_validate(data)
    except ValidationError as invalid:
        lacking = [error["loc"][:-1] for error in invalid.errors(include_url=False) if error["type"] == "missing"]
    try:
        return spec.model_validate(_without(data, lacking))
    except ValidationError:
        return None


def _is_misspelt(missing: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a missing key is there under a name that is nearly its own; the unknown name is the mistake then."""
    *place, key = missing["loc"] or ("",)
    beside = (e["loc"] for e in errors if e["type"] == "extra_forbidden" and [*e["loc"][:-1]] == place)
    return missing["type"] == "missing" and any(did_you_mean(str(loc[-1]), [str(key)]) for loc in beside)


def _without(data: object, faulty: list[tuple[int | str, ...]]) -> object:
    """The data less the faulty keys (of a faulty item of a list: the key that holds the list)."""
    less = deepcopy(data)
    for loc in faulty:
        holder, key = _holder(less, loc)
        holder.pop(key, None)
    return less


def _holder(data: object, loc: tuple[int | str, ...]) -> tuple[dict[object, object], object]:
    """The innermost mapping on the way to a place, and its key that leads on."""
    holder: dict[object, object] = {}
    key: object = None
    for part in loc:
        if isinstance(data, dict):
            holder, key, data = data, part, data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    return holder, key
