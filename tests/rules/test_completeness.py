"""Every part of the language has a case that goes through it: whoever adds one is told here what is missing."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import pytest
import yaml

from rules import arithmetic, comparing
from rules.actions import ACTIONS
from rules.agents import AGENTS
from rules.agents.question_spec import QuestionSpec
from rules.book import Node, Rulebook
from rules.effects import ChangeCommunication
from rules.expressions import FUNCTIONS, Expression
from rules.loading.lines import LinesSpec
from rules.loading.nodes import TRIGGERS
from rules.loading.shape import literal_of
from rules.loading.words import keys_of
from rules.reaction import Reaction
from tests.rules.case_files import Case, reacted, read_cases

WORDS = {ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "minus"}
SIGNS = dict[type[ast.AST], str]((*comparing.SIGNS.items(), *arithmetic.SIGNS.items(), *WORDS.items()))
NARROWED = [(literal_of(spec, "when"), key) for spec in TRIGGERS for key in keys_of(spec)[2:]]
DONE = [(literal_of(spec, "do"), key) for spec in ACTIONS for key in keys_of(spec) if key not in ("do", "next")]
SPOKEN = [(literal_of(spec, "kind"), key) for spec in AGENTS for key in keys_of(spec) if key != "kind"]

Part = tuple[str, ...]


@cache
def covered() -> frozenset[Part]:
    """Every part of the language that some case goes through."""
    return frozenset(part for case in read_cases() for part in _parts(case))


def _parts(case: Case) -> Iterator[Part]:
    rulebook, _, _, reaction = reacted(case)
    written = yaml.load(case.rules, yaml.BaseLoader)  # noqa: S506 - texts only
    for node in _visited(rulebook, reaction):
        yield from _of_node(written["flows"][node.flow][node.name])
        for expression in _expressions(node):
            yield from _of_expression(expression.source)
    for effect in reaction.effects:
        if isinstance(effect, ChangeCommunication) and effect.communication.agent in written.get("agents", {}):
            yield from _of_agent(written["agents"][effect.communication.agent])


def _visited(rulebook: Rulebook, reaction: Reaction) -> Iterator[Node]:
    activations = [activation for considered in reaction.log for activation in considered.activations]
    names = {name for a in activations for name in (a.trigger, *(visit.node for visit in a.visits))}
    for flow in rulebook.flows.values():
        yield from (node for node in flow.nodes.values() if node.full_name in names)


def _of_node(written: Mapping[str, Any]) -> Iterator[Part]:
    for word in ("when", "do"):
        if word in written:
            yield word, written[word]
            yield from ((word, written[word], key) for key in written)
    condition = written.get("if", "")
    yield from (("if", how) for how in (condition if isinstance(condition, dict) else ["one"] if condition else ()))
    if "switch" in written:
        yield "switch", "else" if "else" in written else "no else"


def _of_agent(written: Mapping[str, Any]) -> Iterator[Part]:
    yield "kind", written["kind"]
    yield from (("kind", written["kind"], key) for key in written)
    yield from (("question", key) for question in written.get("questions", ()) for key in question)


def _expressions(piece: object) -> Iterator[Expression]:
    if isinstance(piece, Expression):
        yield piece
    elif is_dataclass(piece):
        for field in fields(piece):
            yield from _expressions(getattr(piece, field.name))
    elif isinstance(piece, tuple | Mapping):
        for part in piece.values() if isinstance(piece, Mapping) else piece:
            yield from _expressions(part)


def _of_expression(source: str) -> Iterator[Part]:
    for node in ast.walk(ast.parse(" ".join(source.split()).replace("\\", "\\\\"), mode="eval")):
        if type(node) in SIGNS:
            yield "operator", SIGNS[type(node)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "function", node.func.id


@pytest.mark.parametrize("trigger", [literal_of(spec, "when") for spec in TRIGGERS])
def test_every_trigger_fires_in_a_case(trigger: str) -> None:
    assert ("when", trigger) in covered()


@pytest.mark.parametrize(("trigger", "key"), NARROWED)
def test_every_key_of_a_trigger_is_in_a_case(trigger: str, key: str) -> None:
    assert ("when", trigger, key) in covered()


@pytest.mark.parametrize("how", ["one", *keys_of(LinesSpec)])
def test_every_form_of_an_if_decides_in_a_case(how: str) -> None:
    assert ("if", how) in covered()


@pytest.mark.parametrize("form", ["else", "no else"])
def test_a_switch_decides_in_a_case(form: str) -> None:
    assert ("switch", form) in covered()


@pytest.mark.parametrize("action", [literal_of(spec, "do") for spec in ACTIONS])
def test_every_action_is_done_in_a_case(action: str) -> None:
    assert ("do", action) in covered()


@pytest.mark.parametrize(("action", "key"), DONE)
def test_every_key_of_an_action_is_in_a_case(action: str, key: str) -> None:
    assert ("do", action, key) in covered()


@pytest.mark.parametrize("kind", [literal_of(spec, "kind") for spec in AGENTS])
def test_every_kind_of_agent_talks_in_a_case(kind: str) -> None:
    assert ("kind", kind) in covered()


@pytest.mark.parametrize(("kind", "key"), SPOKEN)
def test_every_key_of_an_agent_is_in_a_case(kind: str, key: str) -> None:
    assert ("kind", kind, key) in covered()


@pytest.mark.parametrize("key", keys_of(QuestionSpec))
def test_every_key_of_a_question_is_in_a_case(key: str) -> None:
    assert ("question", key) in covered()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_is_computed_in_a_case(function: str) -> None:
    assert ("function", function) in covered()


@pytest.mark.parametrize("sign", sorted(set(SIGNS.values())))
def test_every_operator_is_computed_in_a_case(sign: str) -> None:
    assert ("operator", sign) in covered()


def test_a_part_that_no_case_goes_through_is_told() -> None:
    assert ("do", "dance") not in covered()
