"""W301: a branch that can never be taken.

A condition that no values make true, or that all do, or that was asked on the way already; a case that the subject
never is at this place; a narrowing that no event meets; an attempt that follows only where nobody answers whom nothing
was asked.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from rules.actions.communicate import Communicate
from rules.book import IfNode, SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.lint.conditions import condition_of, names_asked
from rules.lint.ground import Ground, path_of
from rules.lint.keywords import ANY_WORD, is_keyword, keywords_at
from rules.lint.keywords import NAME as KEYWORD
from rules.lint.reckoning import BOUNDS, bounded
from rules.lint.repeats import answered
from rules.lint.statuses import ANYTHING, NAME, possible_statuses, statuses_at
from rules.lint.truth import OTHER, Domains, Verdict
from rules.statuses import CommunicationStatus

CODE = "W301"
_ENDS = (Trigger.COMMUNICATION_ENDED, Trigger.COMMUNICATION_UPDATED)
_ASKED = "it was asked on the way here already, and nothing has changed since"
_SHAPE = "a keyword is the first word of a message in capital letters"


@dataclass(frozen=True, slots=True)
class Here:
    """What may be at one place."""

    statuses: frozenset[str] = ANYTHING
    keywords: frozenset[str] = ANY_WORD

    @property
    def any_word(self) -> bool:
        return OTHER in self.keywords


def check_branches(ground: Ground) -> None:
    """Notes each branch and narrowing that can never match."""
    places, answers = _places(ground), answered(ground)
    seen: dict[tuple[tuple[str, ...], Here], Verdict] = {}
    for name, node in ground.nodes.items():
        here = places[name]
        if isinstance(node, TriggerNode):
            _check_trigger(ground, node)
        elif isinstance(node, SwitchNode):
            _check_cases(ground, node, here)
        elif isinstance(node, IfNode):
            key = (node.how, *(line.source for line in node.lines)), here
            if key not in seen:
                seen[key] = _verdict(ground, node, here)
            _check_if(ground, node, seen[key], here, answers.get(name))
        elif isinstance(node, Communicate):
            _check_attempts(ground, node)


def _places(ground: Ground) -> Mapping[str, Here]:
    statuses, keywords = statuses_at(ground), keywords_at(ground)
    return {name: Here(statuses.get(name, ANYTHING), keywords.get(name, ANY_WORD)) for name in ground.nodes}


def _verdict(ground: Ground, node: IfNode, here: Here) -> Verdict:
    tree = condition_of(ground, node)
    return ground.judge(tree, _domains(tree, here))


def _domains(tree: ast.expr, here: Here) -> Domains:
    """What is known of the values of names at one place, beyond their types."""
    statuses = (*sorted(filter(None, here.statuses)), *([None] if "" in here.statuses else []))
    written = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    words = (*sorted(filter(is_keyword, written)), OTHER, None) if here.any_word else tuple(sorted(here.keywords))
    return {NAME: statuses, KEYWORD: words}


def _check_if(ground: Ground, node: IfNode, verdict: Verdict, here: Here, answer: bool | None) -> None:
    """``answer`` is the one that it was given on the way already: no harm where only the way behind it is written."""
    if verdict.never or verdict.always:
        _note_if(ground, node, verdict.always, _why(ground, node, here, "false" if verdict.always else "true"))
    elif answer is not None and (node.otherwise if answer else node.match):
        _note_if(ground, node, answer, _ASKED)


def _note_if(ground: Ground, node: IfNode, answer: bool, hint: str) -> None:
    told, taken = ("true", "match") if answer else ("false", "else")
    message = f'this condition is always {told} here: only "{taken}" is ever taken'
    ground.notes.at_value(path_of(node, "if"), CODE, message, hint)


def _why(ground: Ground, node: IfNode, here: Here, other: str) -> str:
    names = names_asked(node)
    if function := _only_bounded(condition_of(ground, node), names):
        return f"{function}(...) is from {BOUNDS[function][0]} to {BOUNDS[function][1]}"
    if not names:
        return "it names nothing that changes: compare a field, or lead the edge past it"
    if NAME in names and here.statuses != ANYTHING:
        return f"{NAME} here is one of: {_listed(here.statuses)}"
    if KEYWORD in names:
        return _SHAPE if here.any_word else f"{KEYWORD} here is one of: {_listed(here.keywords)}"
    return f"no values of {', '.join(names)} make it {other}"


def _only_bounded(tree: ast.expr, names: tuple[str, ...]) -> str:
    """The function of few values that is asked for, where nothing else is."""
    function, _, asked = next((key for key in map(bounded, ast.walk(tree)) if key), "").partition("(")
    return function if {*names} <= {asked.removesuffix(")")} else ""


def _listed(statuses: frozenset[str]) -> str:
    return ", ".join(status for status in sorted(statuses) if status)


def _check_cases(ground: Ground, node: SwitchNode, here: Here) -> None:
    for value, _ in node.cases:
        if never := _never(ground, node, str(value), here):
            message, hint = never
            ground.notes.at_key(path_of(node, "cases", str(value)), CODE, message, hint)


def _never(ground: Ground, node: SwitchNode, value: str, here: Here) -> tuple[str, str] | None:
    """Why the subject never is this value here, and what it is."""
    source = node.subject.source.strip()
    if source == NAME and here.statuses != ANYTHING and value not in here.statuses:
        return f'{NAME} is never "{value}" here', f"here it is one of: {_listed(here.statuses)}"
    if source == KEYWORD and not is_keyword(value):
        return f'{KEYWORD} is never "{value}"', f"{_SHAPE}: write {_capital(value)}"
    if source == KEYWORD and not here.any_word and value not in here.keywords:
        return f'{KEYWORD} is never "{value}" here', f"here it is one of: {_listed(here.keywords)}"
    if node.subject.values and value not in node.subject.values:
        return f'"{source}" is never "{value}"', f"its values: {', '.join(node.subject.values[:10])}"
    return _out_of_bounds(ground, node, value)


def _out_of_bounds(ground: Ground, node: SwitchNode, value: str) -> tuple[str, str] | None:
    function = bounded(ground.tree(node.subject.source)).partition("(")[0]
    low, high = BOUNDS.get(function, (0, 0))
    if not function or low <= int(value) <= high:
        return None
    return f'"{node.subject.source.strip()}" is never "{value}"', f"{function}(...) is from {low} to {high}"


def _capital(value: str) -> str:
    return (value.split() or [""])[0].upper()


def _check_trigger(ground: Ground, node: TriggerNode) -> None:
    if node.when not in _ENDS:
        return
    talks = ground.of(node)
    if not talks:
        hint = "add a communicate node, or remove this one"
        message = "this never fires: no node of this file begins a communication"
        ground.notes.at_key(path_of(node), CODE, message, hint)
        return
    _check_statuses(ground, node)
    channels = {channel for talk in talks for channel in ground.channels_of(talk)}
    for number, channel in enumerate(node.narrowing.get("channel", ())):
        if channel not in channels:
            message = f'this never fires for the channel "{channel}"'
            hint = f"these communications are on: {', '.join(sorted(channels))}"
            ground.notes.at_value(path_of(node, "channel", number), CODE, message, hint)


def _check_statuses(ground: Ground, node: TriggerNode) -> None:
    possible = possible_statuses(ground, node)
    for number, status in enumerate(node.narrowing.get("status", ())):
        if status not in possible:
            message = f'these communications never end with the status "{status}"'
            hint = f"their agents expect no answer; possible: {_listed(possible)}"
            ground.notes.at_value(path_of(node, "status", number), CODE, message, hint)


def _check_attempts(ground: Ground, node: Communicate) -> None:
    """Only where the file says so itself: without `on`, retries follow whatever may happen."""
    silent, conduct = not ground.book.agents[node.agent].expects_reply, node.conduct
    for key, after in (("retries", conduct.retried_on), ("fallback", conduct.falls_back_on)):
        path = path_of(node, key, "on")
        if silent and CommunicationStatus.NO_RESPONSE in after and path in ground.notes.marked.values:
            hint = f'the agent "{node.agent}" expects no answer: leave it out'
            ground.notes.at_value(path, CODE, 'this communication never comes to "no_response"', hint)
