"""What fields have to be for a condition to come out one way or the other, found with the condition itself."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice, product

from rules.book import Field, IfNode, Node, Rulebook, SwitchNode
from rules.expressions import Expression
from rules.inputs.candidates import Candidates
from rules.lint.ground import field_of
from rules.names import Scope
from rules.scopes import zone_of
from rules.values import Value

MAX_COMBINATIONS = 2_000  # of values, tried for one condition
MAX_SOLUTIONS = 3  # kept for one way out of a condition

Assignment = tuple[tuple[str, Value], ...]  # fields and their values, sorted by name


def solutions(book: Rulebook, candidates: Candidates) -> tuple[Assignment, ...]:
    """For every condition of the file, some values of fields for each way out of it; each set of them once."""
    found: dict[Assignment, None] = {}
    for flow in book.flows.values():
        for node in flow.nodes.values():
            if isinstance(node, IfNode | SwitchNode):
                found.update(dict.fromkeys(_of_condition(book, node, candidates)))
    for field in _given(book):
        found.update(dict.fromkeys(((field.name, value),) for value in candidates.field(field)))
    return tuple(found)


def given_fields(book: Rulebook) -> tuple[str, ...]:
    """The fields that can be given from outside."""
    return tuple(field.name for field in _given(book))


def _given(book: Rulebook) -> Iterator[Field]:
    return (field for field in book.fields.values() if field.imported)


def _of_condition(book: Rulebook, node: IfNode | SwitchNode, candidates: Candidates) -> Iterator[Assignment]:
    names = sorted({name for line in _lines(node) for name in line.names})
    choices = [_candidates_for(book, name, candidates) for name in names]
    kept: dict[object, dict[Assignment, None]] = {}
    for now, chosen in product(_moments(node, candidates), list(islice(product(*choices), MAX_COMBINATIONS))):
        values = dict(zip(names, chosen, strict=True))
        scope = Scope(_with_aliases(book, values), now, zone_of(book, None), book.region)
        fields = _fields_of(book, values)
        ways = kept.setdefault(_way_out(node, scope), {})
        if fields and len(ways) < MAX_SOLUTIONS:
            ways[fields] = None
    return (assignment for ways in kept.values() for assignment in ways)


def _moments(node: Node, candidates: Candidates) -> tuple[datetime, ...]:
    """When it may come to a condition, as far as that matters."""
    if candidates.of_clock.isdisjoint(line.source for line in _lines(node)):
        return (candidates.now,)
    return (candidates.now, *candidates.moments(candidates.now))


def _lines(node: Node) -> tuple[Expression, ...]:
    return node.lines if isinstance(node, IfNode) else (node.subject,) if isinstance(node, SwitchNode) else ()


def _way_out(node: IfNode | SwitchNode, scope: Scope) -> object:
    """Something that is the same for the same way out."""
    if isinstance(node, SwitchNode):
        value = node.subject.evaluate(scope)
        return value if any(value == wanted for wanted, _ in node.cases) else None
    held = [line.evaluate(scope) is True for line in node.lines]
    return all(held) if node.how == "all" else any(held)


def _candidates_for(book: Rulebook, name: str, candidates: Candidates) -> tuple[Value, ...]:
    field = book.fields.get(field_of(name))
    return candidates.field(field) if field else candidates.named(name)


def _with_aliases(book: Rulebook, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """A field has one value under all its names."""
    shared = {name: field_of(name) for name in values if field_of(name) in book.fields}
    fields = {field: values[name] for name, field in shared.items()}
    return {**values, **{name: fields[field] for name, field in shared.items()}}


def _fields_of(book: Rulebook, values: Mapping[str, Value]) -> Assignment:
    given = set(given_fields(book))
    fields = {field_of(name): value for name, value in values.items() if field_of(name) in given}
    return tuple(sorted(fields.items()))
