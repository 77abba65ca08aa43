"""Every way of a rulebook, and which of them visits went."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.events import CallAnswered
from rules.inputs.play import ways_in
from rules.scene import Run
from rules.ways import Way, ways_of, ways_taken
from tests.rules.scenes import JOINED, NOW, book, decide, someone, wrote

ROUTES = book("""
campaign: routes
fields:
  plan: {type: enumeration, values: [free, team]}
  asked: {type: boolean}
  score: {type: integer}
flows:
  route:
    wrote: {when: incoming_session, next: which}
    which:
      switch: message.keyword
      cases: {ORDER: order, KAUF: order, PRICE: price}
    order:
      if: plan == "team"
      match: price
    price:
      do: run_python
      function: scoring.rate
      sets: [score]
      cases: {none: late, low: done}
      next: done
      failed: late
    late: {do: reply, text: Sorry.}
    done: {do: finish}
""")


def test_every_edge_is_a_way_and_so_is_every_open_branch_and_every_end() -> None:
    assert [str(placed.way) for placed in ways_of(ROUTES)] == [
        "route.wrote: next -> route.which",
        "route.which: cases.ORDER -> route.order",
        "route.which: cases.KAUF -> route.order",
        "route.which: cases.PRICE -> route.price",
        "route.which: else -> the path ends",
        "route.order: match -> route.price",
        "route.order: else -> the path ends",
        "route.price: next -> route.done",
        "route.price: cases.none -> route.late",
        "route.price: cases.low -> route.done",
        "route.price: failed -> route.late",
        "route.late",
        "route.done",
    ]


def test_a_way_stands_where_its_node_stands() -> None:
    assert [str(placed.position) for placed in ways_of(ROUTES)][:2] == ["a.yaml:9:5", "a.yaml:10:5"]


@pytest.mark.parametrize(
    ("text", "plan", "ways"),
    [
        ("order 1", "free", ["route.which: cases.ORDER -> route.order", "route.order: else -> the path ends"]),
        ("kauf 1", "free", ["route.which: cases.KAUF -> route.order", "route.order: else -> the path ends"]),
        ("what?", "free", ["route.which: else -> the path ends"]),
        ("price", "team", ["route.which: cases.PRICE -> route.price"]),  # it waits for the function there
    ],
)
def test_of_cases_that_lead_to_one_node_the_one_is_told_that_was_met(text: str, plan: str, ways: list[str]) -> None:
    reaction = decide(ROUTES, wrote(text), someone(fields={"plan": plan}))
    assert sorted(map(str, ways_in(ROUTES, reaction))) == sorted(["route.wrote: next -> route.which", *ways])


@pytest.mark.parametrize(
    ("answer", "edge", "last"),
    [
        ({"outcome": "none"}, "cases.none", "route.late"),
        ({"outcome": "low", "fields": {"score": 3}}, "cases.low", "route.done"),
        ({"outcome": "other"}, "next", "route.done"),
        ({"fields": {"score": 3}}, "next", "route.done"),
        ({"fields": {"score": "many"}}, "failed", "route.late"),
        (None, "failed", "route.late"),
    ],
)
def test_what_somebody_outside_answered_tells_the_way(answer: dict[str, object] | None, edge: str, last: str) -> None:
    run = Run("r1", "route.price", ROUTES.hash, JOINED, call="k1")
    answered = CallAnswered(id="e1", at=NOW, call="k1", subject="r1", answer=answer)
    ways = ways_in(ROUTES, decide(ROUTES, answered, someone(runs=(run,))))
    assert ways == {Way("route.price", edge, last), Way(last, "end")}


@given(st.text(max_size=30), st.sampled_from(["free", "team", None]))
def test_each_node_that_was_left_went_exactly_one_of_its_ways(text: str, plan: str | None) -> None:
    reaction = decide(ROUTES, wrote(text), someone(fields={"plan": plan}))
    visits = [visit for fact in reaction.log for path in fact.activations for visit in path.visits]
    nodes = ROUTES.flows["route"].nodes
    taken = [ways_taken(nodes[v.node.partition(".")[2]], v.next, v.saw, v.result) for v in visits]
    known = {placed.way for placed in ways_of(ROUTES)}
    assert [len(ways) for ways in taken] == [0 if v.result.startswith("asked") else 1 for v in visits]
    assert {way for ways in taken for way in ways} <= known
