"""W307: a text, an `at`, or a computed value that uses a field which may have no value there.

A field may be unset where it is not required and has no default. A way to the node that goes past any condition which
names the field, past an update_field that sets it or a wait until it comes, or begins at a trigger narrowed to it, is
not warned of, whatever was asked there; neither is a text that asks for the field in an {% if %}, or shows it through
`default`, nor what is said at a time that the field tells. What a communication was begun with holds for the triggers
that hear of it.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_

from rules.actions.asking import Asking
from rules.actions.communicate import Communicate
from rules.actions.update_field import UpdateField
from rules.actions.wait import Wait
from rules.book import Node, TriggerNode
from rules.expressions import Expression
from rules.facts import Trigger
from rules.lint.absence import absent_at
from rules.lint.conditions import names_asked
from rules.lint.ground import Ground, field_of, path_of
from rules.lint.reckoning import dotted
from rules.lint.texts import Text, texts_at, texts_of
from rules.marks import Path
from rules.outputs import Output
from rules.templates import Choice

CODE = "W307"
_ENDS = (Trigger.COMMUNICATION_ENDED, Trigger.COMMUNICATION_UPDATED)
_ASKS = ("is_set", "is_not_set")


def check_unset(ground: Ground) -> None:
    """Notes each field that may be unset where it is used, once for each text."""
    maybe = {name: 1 << number for number, name in enumerate(_may_be_unset(ground))}
    if not maybe:
        return
    unset, absent = _unset_at(ground, maybe), absent_at(ground)
    spoken: dict[str, int] = {}
    for name, node in ground.nodes.items():
        here = unset.get(name, 0) | _bits(maybe, absent.get(name, ()))
        if isinstance(node, Communicate):
            then = here if node.at is None else unset.get(name, 0) & ~_bits(maybe, _timed_by(node.at))
            spoken[node.agent] = spoken.get(node.agent, 0) | then
        if here:
            _check_node(ground, node, _named(maybe, here))
    for agent, here in spoken.items():
        for text in texts_of(ground.book.agents[agent]) if here else ():
            _check_text(ground, text, _named(maybe, here))


def _named(maybe: Mapping[str, int], bits: int) -> set[str]:
    return {field for field, bit in maybe.items() if bit & bits}


def _check_node(ground: Ground, node: Node, unset: set[str]) -> None:
    for text in texts_at(node):
        _check_text(ground, text, unset)
    _check_formulas(ground, node, unset)


def _may_be_unset(ground: Ground) -> Iterator[str]:
    return (name for name, field in ground.book.fields.items() if not field.required and field.default is None)


def _unset_at(ground: Ground, maybe: Mapping[str, int]) -> Mapping[str, int]:
    """By node, the fields (as bits) that may be unset on some way to it."""
    everything = reduce(or_, maybe.values(), 0)
    found: dict[str, int] = {}
    outside = (node for node in ground.book.triggers if node.when not in (*_ENDS, Trigger.FROM_ANOTHER_FLOW))
    waiting = deque((node.full_name, everything) for node in outside)
    heard = _heard(ground)
    while waiting:
        name, unset = waiting.popleft()
        if not unset & ~found.get(name, 0):
            continue
        found[name] = found.get(name, 0) | unset
        after = found[name] & ~_settled(ground.nodes[name], maybe)
        waiting.extend((way, after) for way in (*ground.ways[name], *heard.get(name, ())))
    return found


def _heard(ground: Ground) -> Mapping[str, list[str]]:
    """By communicate node, the triggers that hear of its communications."""
    heard: dict[str, list[str]] = {}
    for trigger in (node for kind in _ENDS for node in ground.triggers(kind)):
        for talk in ground.of(trigger):
            heard.setdefault(talk.full_name, []).append(trigger.full_name)
    return heard


def _settled(node: Node, maybe: Mapping[str, int]) -> int:
    """The fields that nobody need wonder about after the node."""
    return _bits(maybe, _given(node))


def _bits(maybe: Mapping[str, int], fields: Iterable[str]) -> int:
    return reduce(or_, (maybe.get(name, 0) for name in fields), 0)


def _timed_by(formula: Expression | None) -> Iterable[str]:
    """The fields without which there is no such time: nothing is said then, and no path goes on."""
    return map(field_of, formula.names if formula else ())


def _given(node: Node) -> Iterator[str]:
    if isinstance(node, UpdateField):
        yield from (name for name, value in node.set if value is not None)
    elif isinstance(node, Asking):
        yield from node.sets
    elif isinstance(node, TriggerNode):
        yield from node.narrowing.get("field", ())
    elif isinstance(node, Wait):
        yield from _timed_by(node.until)
    else:
        yield from map(field_of, names_asked(node))


def _check_text(ground: Ground, text: Text, unset: set[str]) -> None:
    asked = {*_asked(text.template.pieces), *map(field_of, text.asked)}
    shown = _shown(text.template.pieces)
    for name in dict.fromkeys(name for output in shown for name in _needed(output) if field_of(name) in unset - asked):
        hint = f"make it required, give it a default, or write {{{{ {name} | default('...') }}}}"
        span = _span(text.template.source, name)
        ground.notes.inside(text.path, span, CODE, f'"{name}" may be unset: the text then has a gap', hint)


def _shown(pieces: tuple[str | Output | Choice, ...]) -> Iterator[Output]:
    for piece in pieces:
        if isinstance(piece, Output):
            yield piece
        elif isinstance(piece, Choice):
            for _, inner in piece.branches:
                yield from _shown(inner)


def _asked(pieces: tuple[str | Output | Choice, ...]) -> Iterator[str]:
    """The fields that the text's own conditions name."""
    for piece in pieces:
        for condition, inner in piece.branches if isinstance(piece, Choice) else ():
            yield from map(field_of, condition.names if condition else ())
            yield from _asked(inner)


def _needed(output: Output) -> tuple[str, ...]:
    """The names without which nothing is shown."""
    if any(filter_.takes_unset for filter_, _ in output.filters):
        return ()
    return _used(output.expression)


def _used(expression: Expression) -> tuple[str, ...]:
    """The names of an expression but for those that it asks about with is_set."""
    if not any(asks in expression.source for asks in _ASKS):
        return expression.names
    return ()


def _span(source: str, name: str) -> tuple[int, int]:
    found = re.search(rf"\{{\{{[^}}]*?(?<![\w.])({re.escape(name)})\b", source)
    return (found.start(1), len(name)) if found else (0, 1)


def _check_formulas(ground: Ground, node: Node, unset: set[str]) -> None:
    """A communication without a time is skipped; a calculation without a value clears its field."""
    if isinstance(node, Communicate) and node.at is not None:
        what = "the communication is then skipped"
        _check_formula(ground, path_of(node, "at"), node.at, unset, what)
    for name, value in node.set if isinstance(node, UpdateField) else ():
        if isinstance(value, Expression) and not _is_name(ground, value):
            path = path_of(node, "set", name, "expr")
            _check_formula(ground, path, value, unset, f'"{name}" is then cleared')


def _check_formula(ground: Ground, path: Path, formula: Expression, unset: set[str], what: str) -> None:
    for name in _used(formula):
        if field_of(name) in unset:
            found = re.search(rf"(?<![\w.]){re.escape(name)}\b", formula.source)
            span = (found.start() if found else 0, len(name))
            hint = "make it required, give it a default, or ask is_set(...) before"
            ground.notes.inside(path, span, CODE, f'"{name}" may be unset: {what}', hint)


def _is_name(ground: Ground, formula: Expression) -> bool:
    """A value that is only copied, unset or not."""
    return bool(dotted(ground.tree(formula.source)))
