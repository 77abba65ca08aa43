"""Paths that wait are walked as if somebody stepped through them by hand, whatever else happens meanwhile."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book import Rulebook
from rules.effects import KeepRun, SendMessage
from rules.reaction import Reaction
from rules.scene import Scene
from tests.rules import scenes

FLOWS = ("main", "other")
steps = st.one_of(
    st.just(("say",)),
    st.tuples(st.just("wait"), st.integers(1, 48)),
    st.tuples(st.just("if"), st.sampled_from(["A", "B"])),
)
mains = st.lists(st.one_of(steps, st.just(("other",))), min_size=1, max_size=8)
others = st.lists(steps, min_size=1, max_size=5)
moves = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(["go A", "go B"]), st.integers(0, 5)),
    st.tuples(st.just("resume"), st.integers(0, 9), st.integers(0, 100)),
)
Steps = list[tuple[Any, ...]]


def written(flow: str, number: int, step: tuple[Any, ...], last: bool) -> str:
    """A node; where an `if` does not hold the step behind it is left out."""
    after = "" if last else f", next: n{number + 1}"
    match step:
        case ("say",):
            what = f'do: reply, text: "{flow} {number} {{{{ message.text }}}}"{after}'
        case ("wait", hours):
            what = f"do: wait, for: {hours}h, next: n{number + 1}"
        case ("other",):
            what = f"do: to_another_flow, flow: other{after}"
        case (_, letter):
            what = f"if: \"contains(message.text, '{letter}')\", match: n{number + 1}, else: n{number + 2}"
    return f"    n{number}: {{{what}}}\n"


def book_of(flows: dict[str, Steps]) -> Rulebook:
    """The flows as a rule file; two closing steps are where the last waits and conditions lead."""
    text = "campaign: stepped\nflows:\n"
    for flow, when in zip(FLOWS, ("incoming_session", "from_another_flow"), strict=True):
        nodes = [*flows[flow], ("say",), ("say",)]
        text += f"  {flow}:\n    start: {{when: {when}, next: n0}}\n"
        text += "".join(written(flow, n, step, n == len(nodes) - 1) for n, step in enumerate(nodes))
    return scenes.book(text)


@dataclass
class ByHand:
    """Steps through the flows with a finger on the page: what is said, and where paths stop to wait until when."""

    flows: dict[str, Steps]
    waiting: list[tuple[str, int, str, datetime]] = field(default_factory=list)

    def write(self, text: str, now: datetime) -> list[str]:
        return self._step("main", 0, text, now)

    def resume(self, number: int, now: datetime) -> list[str]:
        flow, place, text, _ = self.waiting.pop(number)
        return self._step(flow, place + 1, text, now)

    def _step(self, flow: str, place: int, text: str, now: datetime) -> list[str]:
        said, entered = [], deque([(flow, place)])
        while entered:
            flow, place = entered.popleft()
            nodes = [*self.flows[flow], ("say",), ("say",)]
            while place < len(nodes):
                match nodes[place]:
                    case ("say",):
                        said.append(f"{flow} {place} {text}")
                    case ("wait", hours):
                        self.waiting.append((flow, place, text, now + timedelta(hours=hours)))
                        break
                    case ("other",):
                        entered.append(("other", 0))
                    case (_, letter) if letter not in text:
                        place += 1
                place += 1
        return said


@settings(max_examples=80, deadline=None)
@given(mains, others, st.lists(moves, min_size=1, max_size=12))
def test_paths_that_wait_go_on_in_any_order_as_if_stepped_by_hand(main: Steps, other: Steps, sequence: Steps) -> None:
    flows = {"main": main, "other": other}
    book, hand, scene, now = book_of(flows), ByHand(flows), scenes.someone(), scenes.NOW
    for kind, what, hours in sequence:
        now += timedelta(hours=hours)
        if kind == "resume" and not hand.waiting:
            continue
        number = what % len(hand.waiting) if kind == "resume" else 0
        event = scenes.wrote(what) if kind == "write" else scenes.timer(scene.runs[number].id)
        said = hand.write(what, now) if kind == "write" else hand.resume(number, now)
        reaction = scenes.decide(book, event, scene, now)

        assert scenes.decide(book, event, scene, now) == reaction
        assert [message.text for message in scenes.only(reaction, SendMessage)] == said
        assert told(reaction.scene) == hand.waiting
        assert new_ids(reaction).isdisjoint({run.id for run in scene.runs})
        scene = reaction.scene
    book.matcher.close()


def told(scene: Scene) -> list[Any]:
    """Where the runs of the scene wait, in the words of `ByHand`."""
    return [(run.flow, int(run.node.split(".n")[1]), run.message and run.message.text, run.due) for run in scene.runs]


def new_ids(reaction: Reaction) -> set[str]:
    return {effect.run.id for effect in scenes.only(reaction, KeepRun)}
