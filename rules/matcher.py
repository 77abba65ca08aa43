"""Which trigger nodes does a fact fire? The one door to durable-rules.

The engine that the package ships is driven directly: its `Host` costs ten times as much, starts two timer threads and
swallows errors. Each trigger node is one rule; a fact is asserted, the rules it fires are collected, and it is
retracted, always on the one default session, so nothing is kept between calls. Every rule names the trigger first:
without that guard the engine matches its own state object and never comes back.

Rules hold nothing but equality: with `$or` over several values, registering never returns past 511 of them. Whether a
fact's value is in a list is found out here, and is a property of the fact. The engine fails (error 303) where one fact
opens more than 64 ways at once, so rules with lists are spread over rooms: properties that every fact has.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import count
from threading import Lock
from weakref import finalize

from rules.book import TriggerNode
from rules.facts import Fact, Trigger

MENDING_COMMAND = (
    "CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject "
    "pip install --force-reinstall --no-cache-dir --no-binary :all: durable-rules==2.0.28"
)


class EngineMissing(ImportError):
    """The rule engine cannot be imported; says the command that mends it (a build for CPython 3.13 needs it)."""


try:
    import durable_rules_engine as engine  # type: ignore[import-not-found,import-untyped,unused-ignore]
except ImportError as problem:
    raise EngineMissing(f"the rule engine does not load ({problem}); build it again: {MENDING_COMMAND}") from problem

MAX_TRIGGERS = 400  # in one campaign; past 512 rules the engine hangs or fails
MAX_TRIGGERS_OF_A_KIND = 200
MAX_LISTS_OF_A_KIND = 200  # different ones; each is a property of every fact, and the engine takes 252 with the others
ROOM = 32  # rules with lists that share a room; measured: 60 work, 64 do not
MAX_KNOWN = 1_000  # facts whose triggers are remembered; people write any number of keywords
MATCHED_ON = Fact._fields.index("communication")  # so many properties, the first ones
MAX_WORD = 64  # characters of a value that the engine sees as it is

NarrowingList = tuple[str, frozenset[str]]
"""What triggers are narrowed by, and to which values."""

_PLAIN = ("of", "status", "channel", "keyword", "source", "flow")
_names = (f"pointsman_{number}" for number in count(1))
_naming = Lock()


class TooManyTriggers(ValueError):
    """More triggers than the engine takes; says how many there are and how many may be."""


class Matcher:
    """The trigger nodes of one campaign, compiled. Build one only when a rule file changed: a ruleset leaks memory.

    Safe to use from several threads. Raises `TooManyTriggers` past the limits above.
    """

    def __init__(self, triggers: Sequence[TriggerNode]) -> None:
        self.triggers = tuple(triggers)
        self._lock = Lock()
        self._lists = _numbered_lists(self.triggers)
        _check_limits(self.triggers, self._lists)
        self._keys = {trigger: _keys_by_value(lists) for trigger, lists in self._lists.items()}
        self._rooms = _rooms(self.triggers)
        keys = (key for lists in self._lists.values() for key in lists.values())
        self._always = dict.fromkeys(keys, "") | dict.fromkeys(self._rooms.values(), "1")
        self._ruleset = self._create() if self.triggers else None
        self._known: dict[tuple[object, ...], tuple[TriggerNode, ...]] = {}
        self._finalize = finalize(self, engine.delete_ruleset, self._ruleset) if self._ruleset is not None else None

    def match(self, fact: Fact) -> tuple[TriggerNode, ...]:
        """The trigger nodes this fact fires, in file order. The engine is asked once for facts that are alike, as far
        as `MAX_KNOWN` of them go."""
        if self._ruleset is None:
            return ()
        alike = fact[:MATCHED_ON]
        fired = self._known.get(alike)
        if fired is None:
            fired = self.ask(fact)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[alike] = fired
        return fired

    def ask(self, fact: Fact) -> tuple[TriggerNode, ...]:
        """As `match`, by the engine, which keeps nothing between calls."""
        if self._ruleset is None:
            return ()
        text = json.dumps(self._flat(fact))
        with self._lock:
            fired = sorted(set(self._fired(text)))
        return tuple(self.triggers[number] for number in fired)

    def close(self) -> None:
        """Give the ruleset back to the engine; from then on nothing matches. May be called twice."""
        with self._lock:
            self._ruleset = None
            self._known.clear()
            if self._finalize is not None:
                self._finalize()

    def _create(self) -> int:
        rules = {str(number): self._rule(number, node) for number, node in enumerate(self.triggers)}
        with _naming:
            name = next(_names)
        return int(engine.create_ruleset(name, json.dumps(rules)))

    def _rule(self, number: int, node: TriggerNode) -> dict[str, object]:
        room = [{self._rooms[number]: "1"}] if number in self._rooms else []
        antecedent = [{"trigger": node.when.value}, *room, *self._narrowings(node)]
        return {"all": [{"m": {"$and": antecedent} if len(antecedent) > 1 else antecedent[0]}]}

    def _narrowings(self, node: TriggerNode) -> Iterator[dict[str, object]]:
        for name, wanted in node.narrowing.items():
            if _is_list(name, wanted):
                yield {self._lists[node.when][name, frozenset(wanted)]: "1"}
            else:
                yield {name: _word(wanted[0])}
        if node.when is Trigger.FROM_ANOTHER_FLOW:
            yield {"flow": _word(node.flow)}

    def _flat(self, fact: Fact) -> dict[str, str]:
        """Every property, always; "" where it does not apply."""
        flat = {name: _word(getattr(fact, name)) for name in _PLAIN}
        return {"id": "fact", "trigger": fact.trigger, **flat, **self._always, **dict.fromkeys(self._met(fact), "1")}

    def _met(self, fact: Fact) -> Iterator[str]:
        """The properties of the lists that hold a value of the fact."""
        for name, keys in self._keys.get(fact.trigger, {}).items():
            for value in fact.changed if name == "field" else (getattr(fact, name),):
                yield from keys.get(value, ())

    def _fired(self, text: str) -> Iterator[int]:
        code, state = engine.assert_fact(self._ruleset, text)
        try:
            if code == 0:
                yield from _collect(self._ruleset, state)
            elif code != 1:  # 1: no rule fires
                raise RuntimeError(f"the rule engine refused a fact with code {code}")
        finally:
            engine.retract_fact(self._ruleset, text)


def _collect(ruleset: int | None, state: int) -> Iterator[int]:
    """The number of each rule that fires; the engine hands them out one at a time, as `{"number": ...}`."""
    started = engine.start_action_for_state(ruleset, state)
    action = started[1] if started else None
    while action:
        yield int(action.split('"', 2)[1])
        action = engine.complete_and_start_action(ruleset, state)


def _word(value: str) -> str:
    """The value, or for a long one a digest that is itself too long to be mistaken for a value."""
    return value if len(value) <= MAX_WORD else f"sha256:{sha256(value.encode(errors='surrogatepass')).hexdigest()}"


def lists_of(trigger: TriggerNode) -> Iterator[NarrowingList]:
    """The lists that a trigger is narrowed to: several values of one property, or any number of fields."""
    yield from ((name, frozenset(wanted)) for name, wanted in trigger.narrowing.items() if _is_list(name, wanted))


def _is_list(name: str, wanted: Sequence[str]) -> bool:
    return name == "field" or len(wanted) != 1


def _numbered_lists(triggers: Iterable[TriggerNode]) -> Mapping[Trigger, Mapping[NarrowingList, str]]:
    """The property that says of each list whether it holds the fact's value. Equal lists share one; trigger types
    share the names, for a fact has one type."""
    numbered: dict[Trigger, dict[NarrowingList, str]] = {}
    for node in triggers:
        lists = numbered.setdefault(node.when, {})
        for narrowed in lists_of(node):
            lists.setdefault(narrowed, f"list_{len(lists)}")
    return numbered


def _rooms(triggers: Sequence[TriggerNode]) -> Mapping[int, str]:
    """The room of each trigger with lists, by its number; as for lists, trigger types share the names."""
    rooms: dict[int, str] = {}
    seen: Counter[Trigger] = Counter()
    for number, node in enumerate(triggers):
        if any(lists_of(node)):
            rooms[number] = f"room_{seen[node.when] // ROOM}"
            seen[node.when] += 1
    return rooms


def _keys_by_value(lists: Mapping[NarrowingList, str]) -> Mapping[str, Mapping[str, list[str]]]:
    """By narrowing and value: the properties of the lists that hold it."""
    keys: dict[str, dict[str, list[str]]] = {}
    for (name, wanted), key in lists.items():
        for value in wanted:
            keys.setdefault(name, {}).setdefault(value, []).append(key)
    return keys


def _check_limits(triggers: Sequence[TriggerNode], lists: Mapping[Trigger, Mapping[NarrowingList, str]]) -> None:
    most = max(Counter(node.when for node in triggers).values(), default=0)
    longest = max(map(len, lists.values()), default=0)
    for what, there, limit in (
        ("triggers in one campaign", len(triggers), MAX_TRIGGERS),
        ("triggers of one type", most, MAX_TRIGGERS_OF_A_KIND),
        ("different lists that triggers of one type are narrowed to", longest, MAX_LISTS_OF_A_KIND),
    ):
        if there > limit:
            raise TooManyTriggers(f"{there} {what}, at most {limit} are possible")
