"""Warnings: what is allowed in a rule file, and yet hardly what its operator wants.

A sound file is looked at once more as a whole. Each warning has a file of its own here; all keep to one promise, better
silent than wrong, for an operator who sees noise stops reading. To add one: its file, one entry below, its code in
`rules.diagnostics.CODES`, its file in `tests/rules/rulebooks/warned/`.
"""

from collections.abc import Callable

from rules.book import Rulebook
from rules.diagnostics import Diagnostic
from rules.lint.braces import check_braces
from rules.lint.branches import check_branches
from rules.lint.carrier_words import check_carrier_words
from rules.lint.cases import check_cases
from rules.lint.circles import check_circles
from rules.lint.clocks import check_clocks
from rules.lint.echoes import check_echoes
from rules.lint.ground import Ground
from rules.lint.no_time import check_no_time
from rules.lint.notes import Notes
from rules.lint.segments import check_segments
from rules.lint.shared_fields import check_shared_fields
from rules.lint.silences import check_silences
from rules.lint.unset import check_unset
from rules.lint.unused import check_unused
from rules.marks import Marked

__all__ = ["LINTS", "check_shared_fields", "lint"]

LINTS: tuple[Callable[[Ground], None], ...] = (
    check_branches,
    check_cases,
    check_circles,
    check_echoes,
    check_segments,
    check_carrier_words,
    check_unset,
    check_unused,
    check_no_time,
    check_braces,
    check_clocks,
    check_silences,
)


def lint(book: Rulebook, marked: Marked) -> tuple[Diagnostic, ...]:
    """The warnings about a file without errors, in file order; those that its comments silence are left out."""
    ground = Ground(book, Notes(marked))
    for check in LINTS:
        check(ground)
    return ground.notes.found
