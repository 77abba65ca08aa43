"""The walk over a YAML file's events that builds plain data and keeps places, within limits and without aliases.

Events, not the library's own loader: nothing is built that was not counted, no alias is followed, and the core schema
of YAML 1.2 applies instead of 1.1 (where `NO` is false and `08:30` is 510).
"""

import re
from dataclasses import dataclass, field
from itertools import islice

import yaml

from rules.diagnostics import MAX_FOUND, Diagnostic
from rules.scalars import Span, plain_value
from rules.values import Position

MAX_BYTES = 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 30
MAX_HIDDEN = 20  # places that are looked at for a comment where a value was meant

Path = tuple[str | int, ...]

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HIDDEN = re.compile(r"[:,\[{][ \t]*(#[^\s#,\]}]+)")  # where a value is due
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")
_BRACES = "an expression stands without {{ }}; a text with {{ }} needs quotes around it as a whole"
_HINTS = (
    ("mapping values are not allowed", 'a text that holds ": " needs quotes around it'),
    ("cannot start any token", "put quotes around a text that begins with this character"),
    ("unexpected end of stream", "a quote or a bracket is opened and not closed"),
    ("expected ',' or '}'", "within { } a text with quotes, commas or brackets needs quotes around it as a whole"),
    ("expected", "check the indentation and the quotes of this line and the one above"),
)


class Refused(Exception):
    """The file cannot be read further."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(str(diagnostic))
        self.diagnostic = diagnostic


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being read. ``key`` is the key whose value comes next, None where a key comes next."""

    data: "dict[str, object] | list[object]"
    path: Path
    key: str | None = None
    repeated: bool = False

    @property
    def awaits_key(self) -> bool:
        return isinstance(self.data, dict) and self.key is None

    def next_path(self) -> Path:
        if isinstance(self.data, list):
            return (*self.path, len(self.data))
        return (*self.path, f"{self.key} (again)" if self.repeated else str(self.key))

    def attach(self, value: object) -> None:
        if isinstance(self.data, list):
            self.data.append(value)
        elif not self.repeated:
            self.data[str(self.key)] = value
        self.key, self.repeated = None, False


@dataclass
class EventReader:
    """Takes the events of one file, in order; afterwards ``root``, ``keys``, ``values`` and ``problems`` are filled.

    ``last`` is the scalar taken last.
    """

    file: str
    root: object = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    last: Span | None = None
    _stack: list[_Frame] = field(default_factory=list)
    _documents: int = 0
    _placed: int = 0

    def take(self, event: yaml.Event) -> None:
        """Works off one event; raises Refused."""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(event, "E105", "anchors (&) and aliases (*) are not allowed", "write the value out")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, [])
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._begin_document(event)

    def _begin_document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "E101", "the file holds more than one YAML document", 'remove the line "---"')

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if event.tag not in _TEXT_TAGS:
            self._refuse(event, "E105", f'the tag "{event.tag[:60]}" is not allowed', "remove it")
        span = self.last = _span(event, event.style or "", event.value)
        if self._stack and self._stack[-1].awaits_key:
            self._key(self._stack[-1], span)
            return
        plain = not event.style and event.tag is None
        self._place(event, span, plain_value(event.value) if plain else event.value)

    def _key(self, frame: _Frame, span: Span) -> None:
        path = (*frame.path, span.content)
        first = self.keys.setdefault(path, span)
        frame.key = span.content
        if first is not span:
            frame.repeated = True
            self._note_again(first, span)

    def _note_again(self, first: Span, span: Span) -> None:
        if len(self.problems) < MAX_FOUND:
            message = f'the key "{span.content[:60]}" appears twice here: first in line {first.line}, again in line'
            hint = "remove or rename one of them"
            self.problems.append(self._diagnostic(span, "E104", f"{message} {span.line}", hint))

    def _place(self, event: yaml.Event, span: Span, value: object) -> Path:
        path = self._stack[-1].next_path() if self._stack else ()
        self.values[path] = span
        self._placed += 1  # values of a repeated key take one path, but take time each
        if self._placed > MAX_NODES:
            self._refuse(event, "E103", f"the file holds more than {MAX_NODES} values", "split the campaign")
        if self._stack:
            self._stack[-1].attach(value)
        else:
            self.root = value
        return path

    def _open(self, event: "yaml.CollectionStartEvent", data: "dict[str, object] | list[object]") -> None:
        if event.tag not in (None, "!"):
            self._refuse(event, "E105", f'the tag "{event.tag[:60]}" is not allowed', "remove it")
        if self._stack and self._stack[-1].awaits_key:
            self._refuse(event, "E101", "a key must be a text, not a list or a mapping", self._key_hint(event))
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(event, "E103", f"values are nested more than {MAX_DEPTH} deep", "")
        self._stack.append(_Frame(data, self._place(event, _span(event), data)))

    def _key_hint(self, event: yaml.Event) -> str:
        doubled = self.values[self._stack[-1].path].start == _span(event).start - 1
        return _BRACES if doubled and isinstance(event, yaml.MappingStartEvent) else "put quotes around it"

    def _close(self, event: yaml.Event) -> None:
        path = self._stack.pop().path
        start = self.values[path]
        self.values[path] = Span(start.start, _span(event).end, start.line, start.column)

    def _refuse(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        raise Refused(self._diagnostic(_span(event), code, message, hint))

    def _diagnostic(self, span: Span, code: str, message: str, hint: str) -> Diagnostic:
        width = max(1, span.end - span.start) if span.style is not None else 1
        return Diagnostic(Position(self.file, span.line, span.column), code, message, hint, width=width)


def parse_into(reader: EventReader, text: str | bytes) -> str:
    """Feeds a file to the reader; returns its text as positions count it (no byte order mark). Raises Refused."""
    clean = _clean(text, reader.file)
    try:
        for event in yaml.parse(clean, Loader=yaml.CSafeLoader):
            reader.take(event)
    except yaml.YAMLError as error:
        raise Refused(_syntax(error, clean, reader)) from None
    if not reader.values:
        raise Refused(Diagnostic(Position(reader.file, 1, 1), "E100", "the file is empty", "remove it or fill it"))
    return clean


def _clean(text: str | bytes, file: str) -> str:
    start = Position(file, 1, 1)
    try:
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        if len(raw) > MAX_BYTES:
            message = f"the file has {len(raw)} bytes; at most {MAX_BYTES} are read"
            raise Refused(Diagnostic(start, "E103", message, "split the campaign into several files"))
        clean = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        place = _position(raw[: error.start].decode("utf-8", "replace"), file)
        message = f"byte 0x{raw[error.start]:02x} is not valid UTF-8"
        raise Refused(Diagnostic(place, "E102", message, 'save the file with the encoding "UTF-8"')) from None
    if forbidden := _FORBIDDEN.search(clean):
        place = _position(clean[: forbidden.start()], file)
        message = f"the character U+{ord(forbidden.group()):04X} is not allowed in YAML"
        raise Refused(Diagnostic(place, "E102", message, "remove it"))
    return clean


def _syntax(error: yaml.YAMLError, text: str, reader: EventReader) -> Diagnostic:
    file = reader.file
    if opened := _unclosed_quote(error, reader):
        hint = "close it on its line; a quote within needs the other kind of quotes around it"
        return Diagnostic(opened, "E101", "not valid YAML: this quote is not closed where its text ends", hint)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "context", None) or "cannot be read as YAML")
    if mark is None:
        return Diagnostic(Position(file, 1, 1), "E101", f"not valid YAML: {problem}")
    place = Position(file, mark.line + 1, mark.column + 1)
    if text[mark.index : mark.index + 1] == "\t":
        return Diagnostic(place, "E101", "a tab cannot indent in YAML", "use spaces instead of tabs")
    opened = min((getattr(error, "context_mark", None) or mark).index, reader.last.start if reader.last else mark.index)
    hint = _comment_hint(text, reader, opened, mark.index) or next(
        (hint for part, hint in _HINTS if part in problem), ""
    )
    return Diagnostic(place, "E101", f"not valid YAML: {problem}", hint)


def _comment_hint(text: str, reader: EventReader, start: int, end: int) -> str:
    """Where something like `to: #billing` has swallowed what stood behind it: that it was taken for a comment."""
    quoted = [(span.start, span.end) for span in reader.values.values() if span.style]
    for hidden in islice(_HIDDEN.finditer(text, start, end), MAX_HIDDEN):
        if not any(begins <= hidden.start(1) < ends for begins, ends in quoted):
            return f'"#" begins a comment: write "{hidden[1][:60]}"'
    return ""


def _unclosed_quote(error: yaml.YAMLError, reader: EventReader) -> Position | None:
    """Where the quote was opened that the end of the file, or a quote some lines below, has closed by mistake."""
    start, end = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    if start is not None and getattr(error, "context", "") == "while scanning a quoted scalar":
        return Position(reader.file, start.line + 1, start.column + 1)
    last = reader.last
    if last is None or end is None or last.style not in ("'", '"'):
        return None
    return Position(reader.file, last.line, last.column) if last.end == end.index else None


def _position(before: str, file: str) -> Position:
    lines = (before + ".").splitlines()
    return Position(file, len(lines), len(lines[-1]))


def _span(event: yaml.Event, style: str | None = None, content: str = "") -> Span:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return Span(0, 0, 1, 1, style, content)
    return Span(start.index, end.index, start.line + 1, start.column + 1, style, content)
