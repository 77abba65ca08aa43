"""What pictures show: every node and every way, in words, with counts where there are some."""

import re
from datetime import UTC, datetime

import pytest

from gateway.drawing.mermaid import mermaid
from gateway.drawing.of_rules import picture_of
from gateway.drawing.picture import Arrow, Box, Shape
from gateway.drawing.svg import svg
from gateway.live_counts import LiveCounts, NodeCounts
from rules.book import Rulebook
from rules.loader import load_rulebook
from rules.ways import ways_of
from tests.gateway.drawing.books import COOKBOOK, DRAWN, PROJECT, cookbook, pictures

SHOWN = re.compile(r"<!-- from tests/gateway/drawing/drawn/([\w.]+) -->\n```mermaid\n(.*?)```", re.DOTALL)
FLOWS = """
campaign: shop
title: The shop
fields: {vip: {type: boolean, default: false}, size: {type: integer}, paid: {type: boolean, default: false}}
agents: {asker: {kind: notice, text: "Hello."}}
flows:
  sell:
    joined: {when: participant_created, next: look}
    again: {when: participant_updated, field: [size, vip], next: look}
    look: {if: {all: ["vip", "size > 3"]}, match: call, else: kind_of}
    kind_of:
      switch: size
      cases: {1: small, 2: small, 3: hand}
    small: {do: update_field, set: {vip: true, size: null}, next: rest}
    rest: {do: wait, for: 90m, next: look}
    call: {do: call_webhook, service: shop, sets: [paid], next: say, failed: hand}
    say: {do: communicate, channel: sms, agent: asker, fallback: slack}
    heard: {when: communication_ended, of: say, status: failed, next: bye}
    bye: {do: finish, outcome: gone}
    hand: {do: to_another_flow, flow: help, with: {why: {expr: size}}}
  help:
    entered: {when: from_another_flow, takes: {why: {type: integer}}, next: tell}
    tell: {do: notify, channel: slack, to: "#help", text: "{{ input.why }}"}
"""


def book() -> Rulebook:
    loaded = load_rulebook(FLOWS, "rules/shop.yaml", PROJECT)
    assert loaded.rulebook is not None, loaded.diagnostics
    return loaded.rulebook


def boxes() -> dict[str, Box]:
    return {box.key: box for panel in picture_of(book()).panels for box in panel.boxes}


def arrows(counts: LiveCounts | None = None) -> list[Arrow]:
    return [arrow for panel in picture_of(book(), counts=counts).panels for arrow in panel.arrows]


@pytest.mark.parametrize("name", sorted(pictures()))
def test_the_pictures_of_the_cookbook_are_those_that_were_looked_at(name: str) -> None:
    assert (DRAWN / name).read_text("utf-8") == pictures()[name], "python -m tests.gateway.drawing writes them anew"


def test_the_guide_shows_a_picture_as_it_is_drawn() -> None:
    name, shown = SHOWN.findall((COOKBOOK.parent / "how-to" / "draw-and-count.md").read_text("utf-8"))[0]
    assert shown == pictures()[name]


def test_there_is_no_picture_of_what_is_not_in_the_cookbook() -> None:
    assert sorted(path.name for path in DRAWN.iterdir()) == sorted(pictures())


@pytest.mark.parametrize("name", sorted(cookbook()))
def test_every_way_of_a_rule_file_is_an_arrow(name: str) -> None:
    campaign = cookbook()[name]
    drawn = {(arrow.source, arrow.target) for panel in picture_of(campaign).panels for arrow in panel.arrows}
    assert {(way.node, way.target) for way, _ in ways_of(campaign) if way.target} <= drawn


@pytest.mark.parametrize(
    ("node", "shape", "lines"),
    [
        ("joined", Shape.TRIGGER, ("participant created",)),
        ("again", Shape.TRIGGER, ("participant updated", "field: size, vip")),
        ("look", Shape.CONDITION, ("vip", "and size > 3")),
        ("kind_of", Shape.CONDITION, ("size",)),
        ("small", Shape.ACTION, ("vip = true", "size = unset")),
        ("rest", Shape.WAIT, ("for 90m",)),
        ("call", Shape.WAIT, ("ask shop", "sets paid")),
        ("say", Shape.TALK, ("asker by sms, then slack",)),
        ("heard", Shape.TRIGGER, ("communication ended", "of: say", "status: failed")),
        ("bye", Shape.FINISH, ("gone",)),
        ("hand", Shape.JUMP, ("to flow help", "why: size")),
    ],
)
def test_a_node_says_what_it_is_about(node: str, shape: Shape, lines: tuple[str, ...]) -> None:
    box = boxes()[f"sell.{node}"]
    assert (box.title, box.shape, box.lines) == (node, shape, lines)
    assert box.place.startswith("shop.yaml:")


def test_ways_to_the_same_node_are_one_arrow_that_names_them_all() -> None:
    assert [arrow.label for arrow in arrows() if arrow.source == "sell.kind_of"] == ["1, 2", "3", "else"]


def test_an_open_branch_ends_somewhere_and_a_last_node_does_not() -> None:
    (open_branch,) = (arrow for arrow in arrows() if arrow.label == "else" and arrow.source == "sell.kind_of")
    assert boxes()[open_branch.target].shape is Shape.END
    assert not [arrow for arrow in arrows() if arrow.source in ("help.tell", "sell.bye")]


def test_a_talk_leads_to_the_trigger_that_its_end_fires() -> None:
    assert Arrow("sell.say", "sell.heard", "ended", dashed=True) in arrows()


def test_one_flow_is_drawn_alone_and_all_of_them_with_the_ways_between() -> None:
    alone, together = picture_of(book(), ["sell"]), picture_of(book())
    assert ([panel.flow for panel in alone.panels], alone.jumps) == (["sell"], ())
    assert together.jumps == (Arrow("sell.hand", "help.entered", dashed=True),)


def test_counts_are_told_at_nodes_and_at_arrows_where_there_are_some() -> None:
    at = {
        "sell.kind_of": NodeCounts({"cases.1": 1_200, "cases.2": 34, "else": 5}),
        "sell.call": NodeCounts({"next": 7, "failed": 2}, waiting=3),
        "sell.say": NodeCounts({"end": 7, "ended.failed": 1, "ended.completed": 4}, communications={"started": 2}),
    }
    counts = LiveCounts(at, datetime(2027, 3, 1, 8, 30, tzinfo=UTC))
    picture = picture_of(book(), counts=counts)
    told = {box.key: box.count for panel in picture.panels for box in panel.boxes if box.count}
    assert told == {
        "sell.kind_of": "1,239 passed",
        "sell.call": "9 passed · 3 waiting · 2 failed",
        "sell.say": "7 passed · 2 open · 1 failed",
    }
    labels = [arrow.label for arrow in arrows(counts) if arrow.source in ("sell.kind_of", "sell.call")]
    assert labels == ["1, 2: 1,234", "3", "else: 5", "7", "failed: 2"]
    assert picture.note == "counted since 2027-03-01 08:30 UTC"
    for text in (svg(picture), mermaid(picture)):
        assert "1,239 passed" in text
        assert "2027-03-01 08:30" in text
