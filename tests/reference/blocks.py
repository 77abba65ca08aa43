"""Tables and examples in Markdown, made of what the code knows."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from rules import grammar, held, patterns, tags, templates, walk, yaml_events
from rules.agents import form
from rules.diagnostics import CODES, Diagnostic, render
from rules.filters import FILTERS
from rules.functions import EVERYTHING, FUNCTIONS, Function, Types
from rules.loader import load_folder
from rules.loading import campaign, shape
from rules.loading.narrowing import SOURCES, STATUSES
from rules.loading.nodes import MAX_CASES, TRIGGERS_BY_NAME
from rules.matcher import MAX_LISTS_OF_A_KIND, MAX_TRIGGERS, MAX_TRIGGERS_OF_A_KIND
from rules.names import TYPE_WORDS
from rules.values import ValueType
from tests.rules.rulebooks import BAD, PROJECT

ONE_FILE = "campaign: trial\nflows:\n  main:\n    joined: {when: participant_created}\n"
TWO_FILES = dict.fromkeys(("first.yaml", "second.yaml"), ONE_FILE)
LIMITS = (
    ("size of a rule file", f"{yaml_events.MAX_BYTES:,} bytes"),
    ("depth of nesting in a rule file", yaml_events.MAX_DEPTH),
    ("fields of a campaign", campaign.MAX_FIELDS),
    ("values of an enumeration", campaign.MAX_VALUES),
    ("agents of a campaign", campaign.MAX_AGENTS),
    ("flows of a campaign", campaign.MAX_FLOWS),
    ("nodes of a campaign", f"{campaign.MAX_NODES:,}"),
    ("triggers of a campaign", MAX_TRIGGERS),
    ("triggers of one type", MAX_TRIGGERS_OF_A_KIND),
    ("different lists that triggers of one type are narrowed to", MAX_LISTS_OF_A_KIND),
    ("values in one such list", shape.MAX_NAMES),
    ("cases of a `switch`", MAX_CASES),
    ("questions of a form", form.MAX_QUESTIONS),
    ("values of a question", form.MAX_CHOICES),
    ("retries of a question", form.MAX_RETRIES),
    ("a length of time", f"{shape.MAX_DURATION.days} days"),
    ("characters of a title or description", shape.MAX_WORDS),
    ("flows that one event may start", walk.MAX_ACTIVATIONS),
    ("nodes that one event may visit", walk.MAX_NODES),
    ("things kept for one participant while the campaign is stopped", held.MAX_HELD),
)
EXPRESSION_LIMITS = (
    ("characters", grammar.MAX_CHARACTERS),
    ("depth of nesting", grammar.MAX_DEPTH),
    ("parts (names, constants, operators, calls)", grammar.MAX_NODES),
    ("characters of a pattern", patterns.MAX_PATTERN),
    ("characters that `matches` looks at", patterns.MAX_TEXT),
)
TEXT_LIMITS = (
    ("characters as written in the file", f"{templates.MAX_SOURCE:,}"),
    ("characters as sent", f"{templates.MAX_RENDERED:,}"),
    ("tags", tags.MAX_TAGS),
    ("depth of `{% if %}`", templates.MAX_DEPTH),
)


def block(name: str) -> str:
    """The block of that name, or the example of a code: `example E213`."""
    if name.startswith("example "):
        return f"```text\n{_examples()[name.removeprefix('example ')]}\n```"
    return _BLOCKS[name]()


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _coded(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _triggers() -> str:
    rows = []
    for name, spec in TRIGGERS_BY_NAME.items():
        keys = [key for key in spec.model_fields if key not in ("when", "next")]
        rows.append((f"`{name}`", _coded(keys), _coded(STATUSES.get(name, ())), _coded(SOURCES.get(name, ()))))
    return _table(("trigger", "may be narrowed by", "values of `status`", "values of `source`"), rows)


def _functions() -> str:
    rows = ((f"`{function.usage}`", _result(function), function.doc) for function in FUNCTIONS.values())
    return _table(("function", "gives", "meaning"), rows)


def _result(function: Function) -> str:
    return TYPE_WORDS[function.result] if function.result else "the same as its values"


def _filters() -> str:
    rows = (
        (f"`{filter_.name}`", _taken(filter_.takes), {"none": "no"}.get(filter_.needs, filter_.needs), filter_.doc)
        for filter_ in FILTERS.values()
    )
    return _table(("filter", "takes", "something in brackets", "shows"), rows)


def _taken(types: Types) -> str:
    return "anything" if types == EVERYTHING else ", ".join(TYPE_WORDS[type_] for type_ in types)


def _types() -> str:
    return _table(("type", "holds"), ((f"`{type_}`", TYPE_WORDS[type_]) for type_ in tuple(ValueType)[:9]))


def _codes() -> str:
    rows = ((f"[{code}](#{code.lower()})", meaning) for code, meaning in CODES.items())
    return _table(("code", "meaning"), rows)


def _limits(rows: Iterable[tuple[object, ...]]) -> Callable[[], str]:
    return lambda: _table(("what", "at most"), rows)


@cache
def _examples() -> Mapping[str, str]:
    """Of each code, the first mistake among the bad files of the tests, as an operator reads it."""
    texts = {path.name: path.read_bytes() for path in BAD}
    first: dict[str, str] = {}
    for found in load_folder(texts, PROJECT).diagnostics:
        first.setdefault(found.code, _rendered(found, texts[found.position.file].decode("utf-8", "replace")))
    for found in load_folder(TWO_FILES, PROJECT).diagnostics:
        first.setdefault(found.code, _rendered(found, TWO_FILES[found.position.file]))
    return first


def _rendered(found: Diagnostic, text: str) -> str:
    printed = render(found, text.splitlines())
    name = found.position.file if found.position.file in TWO_FILES else "rules.yaml"
    return "\n".join(line.rstrip() for line in printed.replace(found.position.file, name, 1).splitlines())


_BLOCKS: Mapping[str, Callable[[], str]] = {
    "triggers": _triggers,
    "functions": _functions,
    "filters": _filters,
    "types": _types,
    "codes": _codes,
    "limits": _limits(LIMITS),
    "limits of expressions": _limits(EXPRESSION_LIMITS),
    "limits of texts": _limits(TEXT_LIMITS),
}
