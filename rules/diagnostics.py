"""What is wrong with a rule file, said so that an operator can mend it: one form for every mistake."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from rules.values import Position

CODES: Mapping[str, str] = {
    "E100": "the file cannot be read",
    "E101": "the file is not valid YAML",
    "E102": "the file is not valid UTF-8 text, or holds a character that YAML forbids",
    "E103": "the file is too large, too deep or has too many values",
    "E104": "a key appears twice in one mapping",
    "E105": "anchors, aliases and tags are not allowed",
    "E106": "a value has the wrong type",
    "E107": "a key is unknown",
    "E108": "a key is missing",
    "E109": "a value is not allowed here",
    "E110": "a node begins with none of when, if, switch, do",
    "E111": "a name has a wrong form",
    "E112": "a limit on fields, flows, nodes or triggers is exceeded",
    "E113": "two files define the same campaign",
    "E201": "there is no such node",
    "E202": "there is no such flow",
    "E203": "there is no such field",
    "E204": "there is no such agent",
    "E205": "there is no such channel",
    "E206": "a flow has no trigger",
    "E207": "a trigger appears twice in a flow, both without narrowing or with the same",
    "E208": "a field is declared twice, or hides another name",
    "E209": "a narrowing does not fit its trigger",
    "E210": "an edge leads to a trigger",
    "E211": "a flow cannot be entered from another flow",
    "E212": "a result is declared twice, or with two types",
    "E213": "a node is never reached",
    "E214": "there is no such service",
    "E215": "there is no such function",
    "E401": "an expression is wrong",
    "E402": "an expression has the wrong type for its place",
    "E501": "a text is wrong",
    "W301": "a branch, a case or a trigger can never match",
    "W302": "a switch leaves out values, and has no else",
    "W303": "nodes go in a circle without a wait",
    "W304": "two flows write to the person for the same event",
    "W305": "a text takes more than one SMS segment",
    "W306": "a word belongs to the carrier",
    "W307": "a field that may be unset is used",
    "W308": "a customer field has different types in two files",
    "W309": "an agent is never used",
    "W310": "a communication has no time at which it may begin",
    "W311": "values are written where only plain words are shown",
    "W312": "hours of the day go by UTC, as the campaign has no time zone",
    "W313": "a comment silences a warning that there is not",
}


MAX_COMPARED = 250  # names that are compared at length: 13 us each
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_./"
MAX_FOUND = 200  # mistakes collected of one file
MAX_LINE = 160  # characters shown of a line
MAX_MESSAGE = 500  # characters shown of a message or a hint
CUT = "..."
_UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")  # may steer a terminal


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. ``level`` is error or warning; ``width`` is how many characters the caret run covers."""

    position: Position
    code: str
    message: str
    hint: str = ""
    level: str = "error"
    width: int = 1

    def __str__(self) -> str:
        return f"{self.position}: {self.level}[{self.code}]: {cut(self.message)}"


def cut(text: str) -> str:
    """Up to `MAX_MESSAGE` characters of a text, safe to print: what a file names may be long, and may be anything."""
    shown = _UNSAFE.sub("?", text[:MAX_MESSAGE])
    return shown if len(text) <= MAX_MESSAGE else shown + CUT


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean "x"?` for the known name nearest to ``name``, or "" where none is near.

    Among more than `MAX_COMPARED` names it finds only those that differ by one slip of the finger.
    """
    by_fold = {candidate.casefold(): candidate for candidate in known}
    word = name.casefold()[:100]
    if len(by_fold) > MAX_COMPARED:
        near = [slip for slip in _slips(word) if slip in by_fold][:1]
    else:
        near = get_close_matches(word, by_fold, n=1, cutoff=0.6)
    return f'did you mean "{by_fold[near[0]]}"?' if near else ""


def _slips(word: str) -> Iterator[str]:
    """Every word one letter away: left out, exchanged with the next, another one, or one too many."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    for before, after in cuts:
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in LETTERS:
            yield before + letter + after[1:]
            yield before + letter + after


def render(diagnostic: Diagnostic, source_lines: Sequence[str]) -> str:
    """The mistake as people and editors read it: `file:line:col: error[Ennn]: what`, the line, a caret run, the hint.

    ``source_lines`` are the lines of the file named in the position; a line that does not exist is left out, of one
    longer than `MAX_LINE` that part is shown where the mistake is.
    """
    number = diagnostic.position.line
    margin = " " * len(str(number))
    block = [str(diagnostic)]
    if 1 <= number <= len(source_lines):
        block += [f" {margin} |", *_marked_line(diagnostic, source_lines[number - 1])]
    if diagnostic.hint:
        block.append(f" {margin} = help: {diagnostic.hint}")
    return "\n".join(block)


def _marked_line(diagnostic: Diagnostic, line: str) -> tuple[str, str]:
    number = diagnostic.position.line
    line, start = _window(line.rstrip(), min(diagnostic.position.column - 1, len(line)))
    carets = "^" * max(1, min(diagnostic.width, len(line) - start))
    blank = "".join("\t" if c == "\t" else " " for c in line[:start])
    return f" {number} | {_UNSAFE.sub('?', line)}", f" {' ' * len(str(number))} | {blank}{carets}"


def _window(line: str, place: int) -> tuple[str, int]:
    """The part of a line around a place in it, and where the place is then."""
    if len(line) <= MAX_LINE:
        return line, place
    begin = max(0, min(place - MAX_LINE // 2, len(line) - MAX_LINE))
    head, tail = CUT if begin else "", CUT if begin + MAX_LINE < len(line) else ""
    return f"{head}{line[begin : begin + MAX_LINE]}{tail}", place - begin + len(head)
