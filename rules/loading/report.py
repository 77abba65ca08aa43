"""All diagnostics of some files as one text for people and editors."""

from collections.abc import Mapping, Sequence

from rules.diagnostics import MAX_FOUND, Diagnostic, render

MAX_SHOWN = 100  # diagnostics of one file


def report(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str | bytes]) -> str:
    """The diagnostics rendered, by file, line and column, `MAX_SHOWN` of each file, and a closing line with the counts.

    ``texts`` holds the files' contents by name; a file that is missing there is reported without its lines. Files
    without diagnostics are not mentioned; no diagnostics give "".
    """
    by_file: dict[str, list[Diagnostic]] = {}
    for diagnostic in sorted(diagnostics, key=_place):
        by_file.setdefault(diagnostic.position.file, []).append(diagnostic)
    parts = [_report_file(file, found, _decoded(texts.get(file, ""))) for file, found in by_file.items()]
    return "\n\n".join(parts) + "\n" if parts else ""


def _decoded(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _place(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    position = diagnostic.position
    return position.file, position.line, position.column, diagnostic.code


def _report_file(file: str, found: list[Diagnostic], text: str) -> str:
    lines = text.removeprefix("\ufeff").splitlines()
    errors = sum(d.level == "error" for d in found)
    counts = (_count(errors, "error"), _count(len(found) - errors, "warning"))
    closing = f"{file}: {', '.join(count for count in counts if count)}"
    shown = [render(diagnostic, lines) for diagnostic in found[:MAX_SHOWN]]
    return "\n\n".join([*shown, *_left_out(len(found) - MAX_SHOWN, len(found) >= MAX_FOUND), closing])


def _left_out(number: int, at_least: bool) -> list[str]:
    return [f"... and {'at least ' if at_least else ''}{number} more"] if number > 0 else []


def _count(number: int, what: str) -> str:
    return "" if not number else f"{number} {what}{'s' if number > 1 else ''}"
