"""What W301 calls impossible does not happen, whatever happens: random flows are warned about, and then run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book import Rulebook
from rules.effects import ClearTimer, SetTimer
from rules.facts import Fact
from rules.loader import Project, load_rulebook
from rules.reaction import Activation, LoopFound, Reaction
from rules.scene import Scene
from rules.statuses import FINAL_STATUSES, UPDATED_STATUSES
from tests.rules import scenes

HEAD = """\
campaign: trial
fields:
  stage:  {type: enumeration, values: [new, asked, done], default: new}
  visits: {type: integer, default: 0}
agents:
  hello: {kind: notice, text: Hello}
  asks:  {kind: form, questions: [{result: day, ask: When?, type: enumeration, values: [mon, fri]}], reply_within: 1h}
flows:
  talk:
    joined: {when: incoming_session, keyword: JOIN, next: tell}
    tell: {do: communicate, channel: sms, agent: hello, next: ask}
    ask: {do: communicate, channel: sms, agent: asks, fallback: {channel: team, on: failed}}
  main:
"""
ENDED = [status.value for status in FINAL_STATUSES]
UPDATED = [status.value for status in UPDATED_STATUSES]
TALKS = st.sampled_from(["", "of: talk.tell, ", "of: talk.ask, "])
CHANNELS = st.sampled_from(["", "channel: team, ", "channel: [sms, team], "])


def listed(key: str, values: list[str]) -> st.SearchStrategy[str]:
    some = st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)
    return st.just("") | st.builds(lambda chosen: f"{key}: [{', '.join(chosen)}], ", some)


begins = st.one_of(
    st.builds("communication_ended, {}{}{}".format, TALKS, CHANNELS, listed("status", ENDED)),
    st.builds("communication_updated, {}{}{}".format, TALKS, CHANNELS, listed("status", UPDATED)),
    st.builds("incoming_session, {}".format, listed("keyword", ["GO", "STAY"])),
    st.builds("participant_updated, {}".format, listed("field", ["stage", "visits"])),
)
asked = st.one_of(
    st.builds("stage {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from(["new", "done"])),
    st.builds("visits {} {}".format, st.sampled_from(["==", "<", ">="]), st.integers(0, 2)),
    st.builds(
        "communication.status {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from([*ENDED, *UPDATED])
    ),
    st.builds("message.keyword == '{}'".format, st.sampled_from(["GO", "STAY", "go", "GO ON"])),
    st.builds("between(visits, {}, {})".format, st.integers(0, 3), st.integers(0, 3)),
    st.builds("hour(now()) {} {}".format, st.sampled_from(["<", ">="]), st.sampled_from([0, 12, 24])),
    st.builds("weekday(today()) in [{}, {}]".format, st.integers(0, 8), st.integers(0, 8)),
    st.sampled_from(["results.day == 'mon'", "is_set(results.day)", "is_set(stage)", "not is_set(stage)"]),
)
conditions = st.one_of(
    asked,
    asked,
    st.sampled_from(["is_set(stage)", "is_not_set(stage)", "visits < 1", "not visits < 1"]),  # often the same again
    st.builds("{} {} {}".format, asked, st.sampled_from(["and", "or"]), asked),
)
cases = st.one_of(
    st.tuples(st.just("communication.status"), st.sampled_from([*ENDED, *UPDATED])),
    st.tuples(st.just("message.keyword"), st.sampled_from(["GO", "STAY", "go"])),
    st.tuples(st.just("stage"), st.sampled_from(["new", "asked"])),
)
steps = st.one_of(
    st.builds('if: "{}", match: n{{0}}, else: n{{1}}'.format, conditions),
    st.builds("switch: {0[0]}, cases: {{{{{0[1]}: n{{0}}}}}}, else: n{{1}}".format, cases),
    st.builds("do: update_field, set: {{{{stage: {}}}}}, next: n{{0}}".format, st.sampled_from(["asked", "done", ""])),
    st.just("do: wait, for: 1h, next: n{0}"),
    st.just("do: communicate, channel: sms, agent: hello, next: n{0}"),
)
flows = st.tuples(begins, st.lists(steps, min_size=1, max_size=5))
moves = st.one_of(
    st.tuples(st.just("wrote"), st.sampled_from(["join", "go", "mon"]), st.sampled_from(["sms", "team"])),
    st.tuples(st.just("receipt"), st.integers(0, 1), st.sampled_from(["delivered", "failed"])),
    st.just(("due",)),
    st.just(("due",)),
    st.tuples(st.just("given"), st.sampled_from([None, "new", "done"]), st.sampled_from([None, 0, 1, 5])),
)


def written(begin: str, nodes: list[str]) -> str:
    """One node a line: `start`, then n0, n1 and so on, each of which leads to the next or to the one behind it."""
    lines = [f"    start: {{when: {begin}next: n0}}"]
    for number, node in enumerate([*nodes, "do: reply, text: a, next: n{0}", "do: finish"]):
        lines.append(f"    n{number}: {{{node.format(number + 1, number + 2)}}}")
    return HEAD + "\n".join(lines) + "\n"


@dataclass
class Life:
    """What becomes of one participant; timers fire only while they stand."""

    book: Rulebook
    scene: Scene = field(default_factory=lambda: scenes.someone(fields={"stage": "new", "visits": 0}))
    now: datetime = scenes.NOW
    timers: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def live(self, move: tuple[Any, ...]) -> Iterator[tuple[Fact, Activation]]:
        """The paths that the move leads to, with the facts that began them."""
        event = self._event(*move)
        if event is None:
            return
        try:
            reaction = scenes.decide(self.book, event, self.scene, self.now)
        except LoopFound:
            return
        self.scene = reaction.scene
        self._keep_timers(reaction)
        yield from ((considered.fact, path) for considered in reaction.log for path in considered.activations)

    def _event(self, kind: str, *what: Any) -> Any:
        if kind == "wrote":
            return scenes.wrote(what[0], channel=what[1], address=scenes.PHONE if what[1] == "sms" else scenes.SLACK)
        if kind == "given":
            return scenes.given(stage=what[0], visits=what[1])
        if kind == "receipt":
            last = [message.id for message in self.scene.messages][-2:]
            return scenes.receipt(what[1], last[what[0] % len(last)]) if last else None
        return self._due() if self.timers else None

    def _due(self) -> Any:
        (subject, name), due = min(self.timers.items(), key=lambda timer: timer[1])
        del self.timers[subject, name]
        self.now = max(self.now, due)
        return scenes.due(name, subject)

    def _keep_timers(self, reaction: Reaction) -> None:
        for effect in reaction.effects:
            if isinstance(effect, SetTimer):
                self.timers[effect.subject, effect.name] = effect.due
            elif isinstance(effect, ClearTimer):
                self.timers.pop((effect.subject, effect.name), None)


def impossible(text: str) -> tuple[Rulebook, Mapping[str, list[str]]]:
    """The flows, and by node what W301 says of it."""
    loaded = load_rulebook(text, "trial.yaml", Project(scenes.CHANNELS))
    assert loaded.rulebook is not None, [str(found) for found in loaded.diagnostics]
    said: dict[str, list[str]] = {}
    for found in loaded.diagnostics:
        if found.code == "W301":
            said.setdefault(text.splitlines()[found.position.line - 1].split(":")[0].strip(), []).append(found.message)
    return loaded.rulebook, said


def broken(said: Mapping[str, list[str]], fact: Fact, path: Activation) -> list[str]:
    """What was called impossible and has happened on this path, which the fact began."""
    taken = {(visit.node.removeprefix("main."), visit.next) for visit in path.visits}
    began = path.trigger == "main.start"
    claims = [(node, message) for node, messages in said.items() for message in messages]
    met = (
        began and fits(what, fact) if node == "start" else (node, never(node, what)) in taken for node, what in claims
    )
    return [f"{node}: {what}" for (node, what), happened in zip(claims, met, strict=True) if happened]


def fits(message: str, fact: Fact) -> bool:
    """Whether the fact is what W301 says a trigger never hears of: anything, a channel or a status."""
    named = re.search(r'"(\w+)"$', message)
    return named is None or named[1] in (fact.channel, fact.status)


def never(node: str, message: str) -> str:
    """The node behind one that W301 says is not reached from there."""
    only_match = message.endswith('only "match" is ever taken')
    return f"n{int(node[1:]) + (2 if only_match else 1)}"


@settings(max_examples=400, deadline=None)
@given(flows, st.lists(moves, min_size=16, max_size=16))
def test_what_is_called_impossible_does_not_happen(flow: tuple[str, list[str]], sequence: list[Any]) -> None:
    book, said = impossible(written(*flow))
    life = Life(book)
    for move in (("wrote", "join", "sms"), *sequence, *[("due",)] * 4):
        for fact, path in life.live(move):
            assert broken(said, fact, path) == []
    book.matcher.close()
