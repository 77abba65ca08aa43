"""Tables and examples in Markdown, made of what the code knows."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from gateway.scenarios.codes import CODES as SCENARIO_CODES
from gateway.scenarios.forms import FORMS, TAKEN
from rules import calling, grammar, held, patterns, tags, templates, turn, walk, yaml_events
from rules.agents import form, question_spec, replies, webhook
from rules.diagnostics import CODES, Diagnostic, render
from rules.filters import FILTERS
from rules.functions import EVERYTHING, FUNCTIONS, Function, Types
from rules.loader import load_folder, load_rulebook
from rules.loading import campaign, contact, given, shape, times
from rules.loading.lines import MAX_LINES
from rules.loading.narrowing import NARROWINGS, SOURCES, STATUSES
from rules.loading.nodes import MAX_CASES, MAX_TAKEN, TRIGGERS_BY_NAME
from rules.matcher import MAX_LISTS_OF_A_KIND, MAX_TRIGGERS, MAX_TRIGGERS_OF_A_KIND
from rules.names import TYPE_WORDS
from rules.values import ValueType
from tests.reference.nouns import noun_rows
from tests.rules.rulebooks import BAD, PROJECT, WARNED

ONE_FILE = "campaign: trial\nflows:\n  main:\n    joined: {when: participant_created}\n"
TWO_FILES = dict.fromkeys(("first.yaml", "second.yaml"), ONE_FILE)
SHARED_FIELD = {
    "first.yaml": ONE_FILE + "fields:\n  size: {type: integer, level: customer}\n",
    "second.yaml": ONE_FILE.replace("trial", "other") + "fields:\n  size: {type: string, level: customer}\n",
}
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
    ("lines of an `if`", MAX_LINES),
    ("questions of a form", form.MAX_QUESTIONS),
    ("values of a question", question_spec.MAX_CHOICES),
    ("retries of a question", question_spec.MAX_RETRIES),
    ("values that one `with` hands over", given.MAX_GIVEN),
    ("values that one flow `takes`", MAX_TAKEN),
    ("results of a `webhook` agent", webhook.MAX_RESULTS),
    ("messages that wait while a service is asked", webhook.MAX_PENDING),
    ("a length of time", f"{shape.MAX_DURATION.days} days"),
    ("retries of a communication on one channel", times.MAX_DELAYS),
    ("channels to fall back to", times.MAX_FALLBACKS),
    ("ranges of `quiet_hours`", times.MAX_SPANS),
    ("`holidays`", times.MAX_HOLIDAYS),
    ("`max_per_day`", contact.MAX_PER_DAY),
    ("`max_per_week`", contact.MAX_PER_WEEK),
    ("`pace`", f"{contact.MAX_PACE:,} per minute"),
    ("characters of a title or description", shape.MAX_WORDS),
    ("flows that one event may start", walk.MAX_ACTIVATIONS),
    ("nodes that one event may visit", walk.MAX_NODES),
    ("paths of one participant that wait", turn.MAX_RUNS),
    ("things kept for one participant while the campaign is stopped", held.MAX_HELD),
)
ANSWER_LIMITS = (
    ("characters of an `outcome`", calling.MAX_OUTCOME),
    ("texts of one answer", replies.MAX_SAID),
    ("characters of a text", f"{templates.MAX_RENDERED:,}"),
    ("choices of one answer", replies.MAX_OFFERED),
    ("characters of a choice", replies.MAX_CHOICE),
    ("characters of one text that is handed over", f"{calling.MAX_TEXT:,}"),
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


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table in Markdown."""
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def block(name: str) -> str:
    """The block of that name, or the example of a code: `example E213`."""
    if name.startswith("example "):
        return f"```text\n{_examples()[name.removeprefix('example ')]}\n```"
    return _BLOCKS[name]()


def _coded(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _triggers() -> str:
    rows = []
    for name, spec in TRIGGERS_BY_NAME.items():
        keys = [key for key in spec.model_fields if key in NARROWINGS]
        rows.append((f"`{name}`", _coded(keys), _coded(STATUSES.get(name, ())), _coded(SOURCES.get(name, ()))))
    return table(("trigger", "may be narrowed by", "values of `status`", "values of `source`"), rows)


def _functions() -> str:
    rows = ((f"`{function.usage}`", _result(function), function.doc) for function in FUNCTIONS.values())
    return table(("function", "gives", "meaning"), rows)


def _result(function: Function) -> str:
    return TYPE_WORDS[function.result] if function.result else "the same as its values"


def _filters() -> str:
    rows = (
        (f"`{filter_.name}`", _taken(filter_.takes), {"none": "no"}.get(filter_.needs, filter_.needs), filter_.doc)
        for filter_ in FILTERS.values()
    )
    return table(("filter", "takes", "something in brackets", "shows"), rows)


def _taken(types: Types) -> str:
    return "anything" if types == EVERYTHING else ", ".join(TYPE_WORDS[type_] for type_ in types)


def _types() -> str:
    return table(("type", "holds"), ((f"`{type_}`", TYPE_WORDS[type_]) for type_ in tuple(ValueType)[:9]))


def _codes() -> str:
    rows = ((f"[{code}](#{code.lower()})", meaning) for code, meaning in CODES.items())
    return table(("code", "meaning"), rows)


def _limits(rows: Iterable[tuple[object, ...]]) -> Callable[[], str]:
    return lambda: table(("what", "at most"), rows)


@cache
def _examples() -> Mapping[str, str]:
    """Of each code, the first that is found in the bad and the warned files of the tests, as an operator reads it."""
    first: dict[str, str] = {}
    for files in (BAD, WARNED):
        texts = {path.name: path.read_bytes().decode("utf-8", "replace") for path in files}
        for path in files:
            for found in load_rulebook(path.read_bytes(), path.name, PROJECT).diagnostics:
                first.setdefault(found.code, _rendered(found, texts[path.name]))
    for several in (TWO_FILES, SHARED_FIELD):
        for found in load_folder(several, PROJECT).diagnostics:
            first.setdefault(found.code, _rendered(found, several[found.position.file]))
    return first


def _rendered(found: Diagnostic, text: str) -> str:
    printed = render(found, text.splitlines())
    name = found.position.file if found.position.file in TWO_FILES else "rules.yaml"
    return "\n".join(line.rstrip() for line in printed.replace(found.position.file, name, 1).splitlines())


def _scenario_steps() -> str:
    rows = ((f"`{form.text}`", TAKEN[form.takes], form.means) for form in FORMS)
    return table(("step", "takes", "means"), rows)


def _scenario_mistakes() -> str:
    return table(("code", "meaning"), ((f"`{code}`", meaning) for code, meaning in SCENARIO_CODES.items()))


def _nouns() -> str:
    return table(("command", "filters", "tells"), noun_rows())


_BLOCKS: Mapping[str, Callable[[], str]] = {
    "nouns": _nouns,
    "steps of scenarios": _scenario_steps,
    "mistakes of scenarios": _scenario_mistakes,
    "triggers": _triggers,
    "functions": _functions,
    "filters": _filters,
    "types": _types,
    "codes": _codes,
    "limits": _limits(LIMITS),
    "limits of answers": _limits(ANSWER_LIMITS),
    "limits of expressions": _limits(EXPRESSION_LIMITS),
    "limits of texts": _limits(TEXT_LIMITS),
}
