"""W301: a branch that can never be taken.

A condition that no values make true, or that all do; a case that the subject never is at this place; a narrowing that
no event meets; an attempt that follows only where nobody answers whom nothing was asked.
"""

import ast

from rules.actions.communicate import Communicate
from rules.book import IfNode, SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.lint.conditions import condition_of, names_asked
from rules.lint.ground import Ground, path_of
from rules.lint.statuses import ANYTHING, NAME, possible_statuses, statuses_at
from rules.lint.truth import OTHER, Domains, Verdict
from rules.statuses import CommunicationStatus

CODE = "W301"
KEYWORD = "message.keyword"
_ENDS = (Trigger.COMMUNICATION_ENDED, Trigger.COMMUNICATION_UPDATED)
_SHAPE = "a keyword is the first word of a message in capital letters"


def check_branches(ground: Ground) -> None:
    """Notes each branch and narrowing that can never match."""
    statuses = statuses_at(ground)
    seen: dict[tuple[tuple[str, ...], frozenset[str]], Verdict] = {}
    for name, node in ground.nodes.items():
        here = statuses.get(name, ANYTHING)
        if isinstance(node, TriggerNode):
            _check_trigger(ground, node)
        elif isinstance(node, SwitchNode):
            _check_cases(ground, node, here)
        elif isinstance(node, IfNode):
            key = (node.how, *(line.source for line in node.lines)), here
            if key not in seen:
                seen[key] = _verdict(ground, node, here)
            _check_if(ground, node, seen[key], here)
        elif isinstance(node, Communicate):
            _check_attempts(ground, node)


def _verdict(ground: Ground, node: IfNode, here: frozenset[str]) -> Verdict:
    tree = condition_of(ground, node)
    return ground.judge(tree, _domains(tree, here))


def _domains(tree: ast.expr, here: frozenset[str]) -> Domains:
    """What is known of the values of names at one place, beyond their types."""
    statuses = (*sorted(status for status in here if status), *([None] if "" in here else []))
    written = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {NAME: statuses, KEYWORD: (*sorted(filter(is_keyword, written)), OTHER, None)}


def is_keyword(word: str) -> bool:
    """Whether a message can have it as its keyword."""
    return bool(word) and word == word.upper() and len(word.split()) == 1


def _check_if(ground: Ground, node: IfNode, verdict: Verdict, here: frozenset[str]) -> None:
    if not verdict.never and not verdict.always:
        return
    answer = "true" if verdict.always else "false"
    taken = "match" if verdict.always else "else"
    message = f'this condition is always {answer} here: only "{taken}" is ever taken'
    ground.notes.at_value(path_of(node, "if"), CODE, message, _why(node, here, "false" if verdict.always else "true"))


def _why(node: IfNode, here: frozenset[str], other: str) -> str:
    names = names_asked(node)
    if not names:
        return "it names nothing that changes: compare a field, or lead the edge past it"
    if NAME in names and here != ANYTHING:
        return f"{NAME} here is one of: {_listed(here)}"
    return _SHAPE if KEYWORD in names else f"no values of {', '.join(names)} make it {other}"


def _listed(statuses: frozenset[str]) -> str:
    return ", ".join(status for status in sorted(statuses) if status)


def _check_cases(ground: Ground, node: SwitchNode, here: frozenset[str]) -> None:
    source, notes = node.subject.source.strip(), ground.notes
    for value, _ in node.cases:
        path = path_of(node, "cases", str(value))
        if source == NAME and here != ANYTHING and value not in here:
            notes.at_key(path, CODE, f'{NAME} is never "{value}" here', f"here it is one of: {_listed(here)}")
        elif source == KEYWORD and not is_keyword(str(value)):
            notes.at_key(path, CODE, f'{KEYWORD} is never "{value}"', f"{_SHAPE}: write {_capital(str(value))}")
        elif node.subject.values and str(value) not in node.subject.values:
            known = ", ".join(node.subject.values[:10])
            notes.at_key(path, CODE, f'"{source}" is never "{value}"', f"its values: {known}")


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
