"""Conditions that were asked on all ways to a node, with one and the same answer, and nothing has changed since."""

import ast
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.actions.notify import Notify
from rules.actions.reply import Reply
from rules.actions.update_field import UpdateField
from rules.book import IfNode, Node, SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.fields import TIMEZONE_FIELD
from rules.lint.conditions import condition_of
from rules.lint.ground import Ground, field_of
from rules.lint.reckoning import dotted

MAX_LOOKED = 200  # characters of a condition; what longer ones ask is not looked at
MAX_KNOWN = 30  # answers that are carried on; past them only the last ones are
_CHANGES_NOTHING = (IfNode, SwitchNode, TriggerNode, Reply, Notify)


@dataclass(frozen=True, slots=True)
class Answer:
    """That a condition of that form was true or not; it hangs on ``fields``."""

    form: str
    truth: bool
    fields: frozenset[str]


Answers = frozenset[Answer]


@dataclass(frozen=True, slots=True)
class Question:
    """A condition as what it asks: its form without what only turns it round (``straight``: nothing does).
    ``sides`` are what it joins by "and" or "or" (``joins``); () where it is one question."""

    form: str
    straight: bool
    fields: frozenset[str]
    joins: str = ""
    sides: tuple["Question", ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one `if` asks, and what its two ways tell."""

    node: IfNode
    question: Question
    told: Mapping[bool, Answers]


def answered(ground: Ground) -> Mapping[str, bool]:
    """By the full name of an `if`, the only answer it can have where it stands."""
    conditions = ((name, node) for name, node in ground.nodes.items() if isinstance(node, IfNode))
    asked = {name: _asked(ground, node) for name, node in conditions if _is_short(node)}
    known = _known_at(ground, asked)
    found = {name: _answer(asked[name].question, known[name]) for name in asked if name in known}
    return {name: answer for name, answer in found.items() if answer is not None}


def _is_short(node: IfNode) -> bool:
    return sum(len(line.source) for line in node.lines) <= MAX_LOOKED


def _asked(ground: Ground, node: IfNode) -> _Asked:
    question = _question(condition_of(ground, node))
    return _Asked(node, question, {truth: Answers(_told(question, truth)) for truth in (True, False)})


def _known_at(ground: Ground, asked: Mapping[str, _Asked]) -> Mapping[str, Answers]:
    """What is known on every way to a node."""
    found: dict[str, Answers] = {}
    outside = (node for node in ground.book.triggers if node.when is not Trigger.FROM_ANOTHER_FLOW)
    waiting = deque((node.full_name, Answers()) for node in outside)
    while waiting:
        name, known = waiting.popleft()
        before = found.get(name)
        if before is None or not before <= known:
            found[name] = known if before is None else before & known
            here = found[name]
            waiting += _decided(asked[name], here) if name in asked else _onward(ground, ground.nodes[name], here)
    return found


def _decided(asked: _Asked, known: Answers) -> Iterator[tuple[str, Answers]]:
    answer = _answer(asked.question, known)
    kept = known if len(known) < MAX_KNOWN else Answers()
    for way, truth in ((asked.node.match, True), (asked.node.otherwise, False)):
        if way and answer in (truth, None):
            yield f"{asked.node.flow}.{way}", kept | asked.told[truth]


def _onward(ground: Ground, node: Node, known: Answers) -> Iterable[tuple[str, Answers]]:
    """What follows, with what is still known there."""
    left = known if isinstance(node, _CHANGES_NOTHING) else Answers()
    if isinstance(node, UpdateField):
        changed = {name for name, _ in node.set}
        left = Answers(a for a in known if changed.isdisjoint({*a.fields, TIMEZONE_FIELD}))
    return ((way, left) for way in ground.ways[node.full_name])


def _question(tree: ast.expr, straight: bool = True) -> Question:
    match tree:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _question(inner, not straight)
        case ast.BoolOp(op=op, values=values):
            sides = tuple(map(_question, values))
            joins = "and" if isinstance(op, ast.And) else "or"
            form = f" {joins} ".join(f"({'' if side.straight else 'not '}{side.form})" for side in sides)
            return Question(form, straight, frozenset().union(*(side.fields for side in sides)), joins, sides)
        case ast.Call(func=ast.Name(id="is_set" | "is_not_set" as name), args=[asked]):
            return Question(f"is_set {ast.dump(asked)}", straight is (name == "is_set"), _fields(asked))
    return Question(ast.dump(tree), straight, _fields(tree))


def _fields(tree: ast.expr) -> frozenset[str]:
    return frozenset(map(field_of, filter(None, map(dotted, ast.walk(tree)))))


def _told(question: Question, truth: bool) -> Iterator[Answer]:
    """What an answer to a condition tells: of the whole, and of parts that it leaves no other answer."""
    held = truth is question.straight
    yield Answer(question.form, held, question.fields)
    if question.joins == ("and" if held else "or"):
        for side in question.sides:
            yield from _told(side, held)


def _answer(question: Question, known: Answers) -> bool | None:
    """None where it is not known."""
    return _recalled(question, {answer.form: answer.truth for answer in known}) if known else None


def _recalled(question: Question, known: Mapping[str, bool]) -> bool | None:
    answer = known.get(question.form)
    if answer is None and question.joins:
        sides, decides = [_recalled(side, known) for side in question.sides], question.joins == "or"
        answer = decides if decides in sides else None if None in sides else not decides
    return None if answer is None else answer is question.straight
