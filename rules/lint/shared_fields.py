"""W308: a field of the customer, which all campaigns share, declared with different types in two files.

A value that one campaign writes is then none for the other, which sees the field as unset.
"""

from collections.abc import Iterable, Mapping

from rules.book import Field, Rulebook
from rules.diagnostics import Diagnostic
from rules.lint.comments import silences
from rules.marks import read_yaml

CODE = "W308"


def check_shared_fields(books: Iterable[Rulebook], texts: Mapping[str, str | bytes]) -> tuple[Diagnostic, ...]:
    """The warnings, each at the declaration that comes later by file; ``texts`` are the files' contents by name."""
    first: dict[str, Field] = {}
    found = []
    for field in (field for book in books for field in book.fields.values() if field.level == "customer"):
        before = first.setdefault(field.name, field)
        if before.type is not field.type and not _is_silenced(field, texts):
            found.append(_warning(field, before))
    return tuple(found)


def _is_silenced(field: Field, texts: Mapping[str, str | bytes]) -> bool:
    file, line = field.position.file, field.position.line
    marked, _ = read_yaml(texts[file], file)
    return marked is not None and any(silence.code == CODE and silence.line == line for silence in silences(marked))


def _warning(field: Field, before: Field) -> Diagnostic:
    message = (
        f'the customer field "{field.name}" is {field.type.value} here, but {before.type.value} in {before.position}'
    )
    hint = "give both the same type, or make one a participant's field"
    return Diagnostic(field.position, CODE, message, hint, level="warning", width=len(field.name))
