"""The matcher says which trigger nodes a fact fires, and nothing that anybody sends makes it say otherwise."""

import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book import Rulebook, TriggerNode
from rules.facts import Fact, Trigger
from rules.matcher import (
    MAX_LISTS_OF_A_KIND,
    MAX_TRIGGERS,
    MAX_TRIGGERS_OF_A_KIND,
    Matcher,
    TooManyTriggers,
)
from rules.silent import why_not
from rules.values import Position
from tests.rules.reference_matcher import fired

WORDS = [
    "",
    "JA",
    "NEIN",
    "Ä",
    "日本",
    "😀",
    '"',
    "\\",
    'a"b',
    "a\\",
    "\n",
    "\x00",
    "{",
    "null",
    "1",
    "1.0",
    "true",
    "x" * 64,
]
WORDS += ["x" * 65, "x" * 66, "x" * 3000, "$s", "$or", " JA", "JA ", "ja", "\ud83d"]
words = st.sampled_from(WORDS) | st.text(max_size=5)
names = st.sampled_from(["amount", "due date", "$s", "a.b", "ä", '"', "id", "sid", ""])
narrowings = st.dictionaries(
    st.sampled_from(["of", "status", "channel", "keyword", "source"]),
    st.lists(words, min_size=1, max_size=4).map(tuple),
)
fields = st.lists(names, min_size=1, max_size=3).map(tuple)


def trigger(when: Trigger, narrowing: dict[str, tuple[str, ...]], flow: str = "f", name: str = "n") -> TriggerNode:
    return TriggerNode(name=name, flow=flow, position=Position("a.yaml", 1, 1), when=when, narrowing=narrowing)


@st.composite
def triggers(draw: st.DrawFn) -> TriggerNode:
    narrowing = draw(narrowings)
    if draw(st.booleans()):
        narrowing["field"] = draw(fields)
    return trigger(draw(st.sampled_from(Trigger)), narrowing, flow=draw(st.sampled_from(["f", "g", "x" * 70])))


facts = st.builds(
    Fact,
    trigger=st.sampled_from(Trigger),
    of=words,
    status=words,
    channel=words,
    keyword=words,
    source=words,
    flow=st.sampled_from(["f", "g", "h", "", "x" * 70]),
    changed=st.frozensets(names),
    inputs=st.just(()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(triggers(), max_size=12), st.lists(facts, min_size=1, max_size=10))
def test_the_engine_and_five_lines_of_python_agree(nodes: list[TriggerNode], given_facts: list[Fact]) -> None:
    with closing(Matcher(nodes)) as matcher:
        for fact in given_facts:
            assert matcher.ask(fact) == matcher.match(fact) == matcher.match(fact) == fired(nodes, fact)


numbers = st.integers(0, 30).map(str)
number_lists = st.lists(numbers, min_size=1, max_size=12).map(tuple)
NARROWED = ("of", "status", "channel", "keyword", "source", "field")
list_pools = st.fixed_dictionaries({name: st.lists(number_lists, min_size=1, max_size=12) for name in NARROWED})


@st.composite
def many_lists(draw: st.DrawFn) -> list[TriggerNode]:
    """Up to 250 triggers of two types, narrowed to lists that some of them share."""
    pool, chance = draw(list_pools), Random(draw(st.integers()))  # noqa: S311 - not for secrets
    kinds = (Trigger.COMMUNICATION_ENDED, Trigger.PARTICIPANT_UPDATED)
    picked = (chance.sample(NARROWED, chance.randrange(4)) for _ in range(draw(st.integers(1, 250))))
    return [trigger(chance.choice(kinds), {name: chance.choice(pool[name]) for name in names}) for names in picked]


number_facts = st.builds(
    Fact,
    trigger=st.sampled_from([Trigger.COMMUNICATION_ENDED, Trigger.PARTICIPANT_UPDATED]),
    **dict.fromkeys(NARROWED[:5], numbers),
    changed=st.frozensets(numbers, max_size=12),
    inputs=st.just(()),
)


@settings(max_examples=60, deadline=None)
@given(many_lists(), st.lists(number_facts, min_size=1, max_size=10))
def test_the_engine_and_five_lines_of_python_agree_on_many_lists(nodes: list[TriggerNode], some: list[Fact]) -> None:
    with closing(Matcher(nodes)) as matcher:
        for fact in some:
            assert matcher.ask(fact) == matcher.match(fact) == matcher.match(fact) == fired(nodes, fact)


@settings(max_examples=60, deadline=None)
@given(st.lists(triggers(), max_size=8), facts)
def test_what_does_not_fire_says_why_and_what_fires_does_not(nodes: list[TriggerNode], fact: Fact) -> None:
    nodes = [node for node in nodes if node.when == fact.trigger]

    assert [node for node in nodes if why_not(node, fact) is None] == list(fired(nodes, fact))


@pytest.mark.parametrize("word", WORDS)
def test_a_keyword_fires_for_itself_and_for_no_other(word: str) -> None:
    node = trigger(Trigger.INCOMING_SESSION, {"keyword": (word,)})
    with closing(Matcher([node])) as matcher:
        firing = [w for w in WORDS if matcher.match(Fact(Trigger.INCOMING_SESSION, keyword=w))]

    assert firing == [word]


def test_all_triggers_that_fit_fire_in_file_order() -> None:
    nodes = [trigger(Trigger.PARTICIPANT_CREATED, {}, flow=f"f{n}") for n in range(30)]
    with closing(Matcher(nodes)) as matcher:
        assert list(matcher.match(Fact(Trigger.PARTICIPANT_CREATED))) == nodes


def test_a_flow_is_entered_only_from_an_action_that_names_it() -> None:
    nodes = [trigger(Trigger.FROM_ANOTHER_FLOW, {}, flow=flow) for flow in ("a", "b")]
    with closing(Matcher(nodes)) as matcher:
        assert matcher.match(Fact(Trigger.FROM_ANOTHER_FLOW, flow="b")) == (nodes[1],)


def test_the_reason_names_the_first_narrowing_that_failed_and_what_it_saw() -> None:
    node = trigger(Trigger.COMMUNICATION_ENDED, {"of": ("f.ask",), "status": ("failed", "skipped")})

    reason = why_not(node, Fact(Trigger.COMMUNICATION_ENDED, of="f.ask", status="completed"))

    assert reason is not None
    assert (reason.narrowing, reason.wanted, reason.saw) == ("status", "failed, skipped", "completed")


def one_type(count: int) -> Sequence[TriggerNode]:
    return [trigger(Trigger.PARTICIPANT_CREATED, {}) for _ in range(count)]


def all_types(count: int) -> Sequence[TriggerNode]:
    kinds = list(Trigger)
    return [trigger(kinds[n % len(kinds)], {}) for n in range(count)]


def lists_of(count: int) -> Sequence[TriggerNode]:
    """As many different lists of 50 values in triggers of one type, all of which hold "7"."""
    lists = (("7", *(f"{number}-{word}" for word in range(49))) for number in range(count))
    first = trigger(Trigger.PARTICIPANT_UPDATED, {"of": next(lists), "status": next(lists)})
    return [first, *(trigger(Trigger.PARTICIPANT_UPDATED, {"field": words}) for words in lists)]


@pytest.mark.parametrize(
    ("nodes", "limit"),
    [
        (one_type(MAX_TRIGGERS_OF_A_KIND + 1), MAX_TRIGGERS_OF_A_KIND),
        (all_types(MAX_TRIGGERS + 1), MAX_TRIGGERS),
        (lists_of(MAX_LISTS_OF_A_KIND + 1), MAX_LISTS_OF_A_KIND),
    ],
)
def test_what_the_engine_cannot_take_is_refused_with_the_limit(nodes: Sequence[TriggerNode], limit: int) -> None:
    with pytest.raises(TooManyTriggers, match=rf"^{limit + 1} .* at most {limit} "):
        Matcher(nodes)


@pytest.mark.parametrize(
    "nodes", [one_type(MAX_TRIGGERS_OF_A_KIND), all_types(MAX_TRIGGERS), lists_of(MAX_LISTS_OF_A_KIND)]
)
def test_as_many_as_the_limit_allows_work(nodes: Sequence[TriggerNode]) -> None:
    fact = Fact(nodes[-1].when, of="7", status="7", changed=frozenset({"7"}))
    with closing(Matcher(nodes)) as matcher:
        assert matcher.match(fact) == fired(nodes, fact)


def test_a_closed_matcher_matches_nothing_and_may_be_closed_again() -> None:
    matcher = Matcher(one_type(1))
    matcher.close()
    matcher.close()

    assert matcher.match(Fact(Trigger.PARTICIPANT_CREATED)) == ()


def test_a_rulebook_is_compiled_once_whichever_threads_ask_first(monkeypatch: pytest.MonkeyPatch) -> None:
    book, together, made = Rulebook(campaign="c", hash="", file="c.yaml"), threading.Barrier(8), list[Matcher]()

    def compile_slowly(nodes: Sequence[TriggerNode]) -> Matcher:
        made.append(Matcher(nodes))
        threading.Event().wait(0.02)
        return made[-1]

    monkeypatch.setattr("rules.matcher.Matcher", compile_slowly)
    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(lambda _: (together.wait(), book.matcher)[1], range(8)))

    assert got == set(made)
    assert len(made) == 1


def test_the_engine_is_asked_once_for_facts_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, asked = [trigger(Trigger.COMMUNICATION_ENDED, {"status": ("failed",)})], list[Fact]()
    ask = Matcher.ask

    def noting(matcher: Matcher, fact: Fact) -> tuple[TriggerNode, ...]:
        asked.append(fact)
        return ask(matcher, fact)

    monkeypatch.setattr(Matcher, "ask", noting)
    with closing(Matcher(nodes)) as matcher:
        for number in range(3):
            fact = Fact(Trigger.COMMUNICATION_ENDED, status="failed", communication=f"c{number}")
            assert matcher.match(fact) == tuple(nodes)

    assert len(asked) == 1


def test_what_the_engine_said_is_remembered_of_so_many_facts_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.matcher.MAX_KNOWN", 10)
    with closing(Matcher([trigger(Trigger.INCOMING_SESSION, {"keyword": ("7",)})])) as matcher:
        for number in range(25):
            assert len(matcher.match(Fact(Trigger.INCOMING_SESSION, keyword=str(number)))) == (number == 7)
        assert len(matcher._known) <= 10


def test_threads_do_not_see_each_others_facts() -> None:
    nodes = [trigger(Trigger.INCOMING_SESSION, {"keyword": (str(n),)}) for n in range(4)]
    wrong: list[str] = []

    def run(matcher: Matcher, number: int) -> None:
        fact = Fact(Trigger.INCOMING_SESSION, keyword=str(number))
        wrong.extend(str(number) for _ in range(500) if matcher.ask(fact) != (nodes[number],))

    with closing(Matcher(nodes)) as matcher:
        threads = [threading.Thread(target=run, args=(matcher, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_many_facts_leave_nothing_behind() -> None:
    """The engine refuses a fact as already seen after some 46,000 live ones."""
    nodes = [trigger(Trigger.PARTICIPANT_CREATED, {})]
    with closing(Matcher(nodes)) as matcher:
        assert all(matcher.match(Fact(Trigger.PARTICIPANT_CREATED, of=str(n))) for n in range(50_000))


def test_an_engine_that_does_not_load_says_the_command_that_mends_it() -> None:
    code = "import sys; sys.modules['durable_rules_engine'] = None; import rules.matcher"

    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    assert "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject pip install --force-reinstall" in end.stderr
    assert "EngineMissing" in end.stderr


def test_importing_the_matcher_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        import rules.matcher

        assert rules.matcher.Matcher(()).match(Fact(Trigger.PARTICIPANT_CREATED)) == ()
