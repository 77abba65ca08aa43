"""The outer shape of a text with values: plain stretches and tags, with the place of each. Meaning is not here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.diagnostics import did_you_mean
from rules.grammar import ExpressionError

MAX_TAGS = 200

_WORDS = ("if", "elif", "else", "endif")
_OPENING = re.compile(r"\{\{|\{%|\{#")
_CLOSINGS = {
    "{{": re.compile(r"\"[^\"]*\"|'[^']*'|(\}\})"),
    "{%": re.compile(r"\"[^\"]*\"|'[^']*'|(%\})"),
    "{#": re.compile(r"(#\})"),
}
_STATEMENT = re.compile(r"\s*(?P<word>\w*)")


class TemplateError(Exception):
    """A text is wrong. ``offset`` (from 0) and ``width`` count characters of its source; ``more`` is what else is
    wrong with it."""

    def __init__(self, message: str, offset: int = 0, width: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.width, self.hint = message, offset, width, hint
        self.more: tuple[TemplateError, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """``word`` is {{, if, elif, else or endif; ``inner`` the expression it holds, which begins at ``inner_at``."""

    word: str
    start: int
    end: int
    inner: str = ""
    inner_at: int = 0

    def error(self, message: str, hint: str = "") -> TemplateError:
        """The error that ``message`` tells, at the tag."""
        return TemplateError(message, self.start, self.end - self.start, hint)

    def inside(self, error: ExpressionError) -> TemplateError:
        """An error of the tag's expression as an error of the text."""
        if not self.inner.strip():
            return self.error("the tag is empty", "write a name between the braces")
        outer = TemplateError(error.message, self.inner_at + error.offset, error.width, error.hint)
        outer.more = tuple(map(self.inside, error.more))
        return outer


def scan(source: str) -> Iterator[str | Tag]:
    """The plain stretches (never empty) and tags of a text, in order; raises TemplateError."""
    at, tags = 0, 0
    while opening := _OPENING.search(source, at):
        tags += 1
        if tags > MAX_TAGS:
            raise TemplateError(f"the text has more than {MAX_TAGS} tags", opening.start(), 2)
        end = _closed(source, opening)
        before, after = _stretch(source, opening, end)
        if at < before:
            yield source[at:before]
        if opening.group() != "{#":
            yield _tag(source, opening, end)
        at = after
    if at < len(source):
        yield source[at:]


def _closed(source: str, opening: "re.Match[str]") -> int:
    for found in _CLOSINGS[opening.group()].finditer(source, opening.end()):
        if found.group(1):
            return found.end()
    closing = {"{{": "}}", "{%": "%}", "{#": "#}"}[opening.group()]
    hint = f'close it by "{closing}" and close every quote; for the characters themselves write {{{{ "{{{{" }}}}'
    raise TemplateError(f'"{opening.group()}" is opened and not closed', opening.start(), 2, hint)


def _stretch(source: str, opening: "re.Match[str]", end: int) -> tuple[int, int]:
    """What a tag takes away: itself, and its whole line where a statement or comment stands alone in it."""
    start = opening.start()
    line_start = source.rfind("\n", 0, start) + 1
    line_end = source.find("\n", end)
    rest = source[end:] if line_end < 0 else source[end:line_end]
    if opening.group() == "{{" or source[line_start:start].strip() or rest.strip():
        return start, end
    return line_start, len(source) if line_end < 0 else line_end + 1


def _tag(source: str, opening: "re.Match[str]", end: int) -> Tag:
    start, inner_at = opening.start(), opening.end()
    if opening.group() == "{{":
        return Tag("{{", start, end, source[inner_at : end - 2], inner_at)
    statement = _STATEMENT.match(source, inner_at, end - 2)
    word = statement["word"] if statement else ""
    tag = Tag(word, start, end, source[statement.end() if statement else inner_at : end - 2])
    if word not in _WORDS:
        hint = did_you_mean(word, _WORDS) or "only {% if %}, {% elif %}, {% else %} and {% endif %} are known"
        raise tag.error(f'"{word[:60]}" is not known in texts', hint)
    if word in ("else", "endif") and tag.inner.strip():
        raise tag.error(f"{{% {word} %}} takes no condition")
    return Tag(word, start, end, tag.inner, statement.end() if statement else inner_at)
