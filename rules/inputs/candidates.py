"""Values worth trying: those that conditions are written with, those next to them, and one of each other kind."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from rules.actions.communicate import Communicate
from rules.actions.to_another_flow import ToAnotherFlow
from rules.actions.wait import Wait
from rules.agents.form import Form
from rules.book import Field, IfNode, Node, Rulebook, SwitchNode
from rules.expressions import Expression
from rules.fields import TIMEZONE_FIELD
from rules.grammar import Source
from rules.inputs.fitting import fitting, unfit
from rules.inputs.play import IDENTIFIERS
from rules.lint.reckoning import OPEN, dotted, evaluate
from rules.names import NameInfo
from rules.readers import FieldError
from rules.scopes import zone_of
from rules.statuses import CommunicationStatus
from rules.texts import read_email, read_phone
from rules.values import Value, ValueType

MAX_DAYS = 1_000  # a number in a condition about dates is a number of days up to here
MAX_VALUES = 12  # of one name that are tried
MAX_LENGTH = 200  # and one in a condition about texts the number of their characters
WORDS = "something"
ZONES = ("Asia/Tokyo", "America/Los_Angeles")
HOUR, WEEKDAY = "hour", "weekday"  # functions that tell the time of day, or the day
DAYS = 7
HOURS = 24
PARTS_OF_A_DAY = (0, 4, 8, 12, 16, 20)
WRITTEN = ("message.keyword", "message.text")  # names of what somebody writes
MATCHES = "matches"
ADDRESSES: Mapping[ValueType, Callable[[object], str]] = {ValueType.EMAIL: read_email, ValueType.PHONE: read_phone}


@dataclass(frozen=True)
class Asked:
    """One expression of the file: its names, and what is written in it, for a pattern texts that fit it and do not."""

    source: str
    names: frozenset[str]
    constants: tuple[Value, ...]
    clocks: frozenset[str]


@dataclass(frozen=True)
class Candidates:
    """The values to try in one rulebook; moments are around ``now`` (UTC)."""

    book: Rulebook
    now: datetime

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """Every expression that decides a way or a time."""
        return tuple(_asked(expression.source, values) for expression, values in _expressions(self.book))

    @cached_property
    def of_clock(self) -> frozenset[str]:
        """The sources of those that ask for the hour or for the day of the week."""
        return frozenset(asked.source for asked in self.asked if asked.clocks)

    @cached_property
    def literals(self) -> Mapping[str, tuple[Value, ...]]:
        """By name: all that is written in the expressions that use it."""
        found: dict[str, dict[Value, None]] = {}
        for asked in self.asked:
            for name in asked.names:
                found.setdefault(name, {}).update(dict.fromkeys(asked.constants))
        return {name: tuple(values) for name, values in found.items()}

    @property
    def clocks(self) -> bool:
        """Whether conditions ask for the hour or for the day of the week."""
        return bool(self.of_clock)

    @property
    def clocks_and_words(self) -> bool:
        """Whether one of these asks for what somebody writes, too."""
        return any(asked.clocks and not asked.names.isdisjoint(WRITTEN) for asked in self.asked)

    def moments(self, now: datetime) -> Iterator[datetime]:
        """Later moments (UTC) at which conditions that ask for the hour or the day of the week may come out otherwise;
        those of the same day first."""
        asked = frozenset[str]().union(*(asked.clocks for asked in self.asked))
        local = now.astimezone(zone_of(self.book, None))
        for day in range(DAYS + 1 if WEEKDAY in asked else 2 if HOUR in asked else 0):
            yield from (moment for moment in self._of_day(local + timedelta(days=day), HOUR in asked) if moment > now)

    def _of_day(self, day: datetime, hourly: bool) -> Iterator[datetime]:
        hours = self._hours if hourly else (day.hour,)
        return (day.replace(hour=hour).astimezone(UTC) for hour in hours)

    @cached_property
    def _hours(self) -> tuple[int, ...]:
        """The hours of the day to try: those named where the hour is asked for, those next to them, and some of each
        part of the day."""
        numbers = (value for asked in self.asked if HOUR in asked.clocks for value in asked.constants)
        named = [near for n in numbers if type(n) is int for near in (n, n - 1, n + 1) if 0 <= near < HOURS]
        return tuple(dict.fromkeys((*named, *PARTS_OF_A_DAY)))[:MAX_VALUES]

    def texts(self, name: str) -> tuple[str, ...]:
        """What may be written for this name."""
        literals = self.literals.get(name, ())
        written = [value for value in literals if isinstance(value, str) and value.strip()]
        return (*written, *_of_lengths(literals), *(text for word in written for text in _of_lengths(literals, word)))

    def field(self, field: Field) -> tuple[Value, ...]:
        """What a field may be, unset last where it may be that."""
        names = self.book.names_of_field[field.name]
        literals = [value for name in names for value in self.literals.get(name, ())]
        if field.name == TIMEZONE_FIELD:
            return (*ZONES, None)
        values = self.values(NameInfo(field.type, field.values), literals)
        return values if field.required else (*values, None)

    def named(self, name: str) -> tuple[Value, ...]:
        """What a name that is no field may be."""
        literals = self.literals.get(name, ())
        if (name.startswith("communication.") and name.endswith(".status")) or name == "communication.status":
            return (*(status.value for status in CommunicationStatus), None)
        return (*literals, *self.values(NameInfo(_type_of(self.book, name)), literals), None)

    def values(self, info: NameInfo, literals: Sequence[Value]) -> tuple[Value, ...]:
        """Values of a type, those that the file speaks of first."""
        found = dict.fromkeys(self._values(info, literals))
        return tuple(found)[:MAX_VALUES]

    def _values(self, info: NameInfo, literals: Sequence[Value]) -> Iterator[Value]:
        match info.type:
            case ValueType.BOOLEAN:
                yield from (True, False)
            case ValueType.ENUMERATION:
                yield from info.values
            case ValueType.INTEGER | ValueType.NUMERIC:
                yield from _around(literals, info.type)
            case ValueType.DATE:
                yield from (moment.date() for moment in self._moments(literals))
            case ValueType.DATETIME:
                yield from self._moments(literals)
            case ValueType.EMAIL | ValueType.PHONE:
                yield from _addresses(literals, ADDRESSES[info.type])
                yield IDENTIFIERS[info.type.value]
            case _:
                yield from (value for value in literals if isinstance(value, str))
                yield WORDS
                yield from _of_lengths(literals)

    def _moments(self, literals: Iterable[Value]) -> Iterator[datetime]:
        """Now, the days that are named, and those next to them, before and after now."""
        written = list(literals)
        for day in (value for value in written if isinstance(value, date)):
            yield datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        numbers = {value for value in written if type(value) is int and 0 < value <= MAX_DAYS}
        spans = sorted({0, 1, *(near for n in numbers for near in (n - 1, n, n + 1))})
        for span in spans:
            yield self.now + timedelta(days=span)
        for span in spans[1:]:
            yield self.now - timedelta(days=span)


def _around(literals: Iterable[Value], kind: ValueType) -> Iterator[Value]:
    """The numbers that are written, those next to them, and 1."""
    for number in (*(n for n in literals if isinstance(n, int | Decimal) and not isinstance(n, bool)), 1):
        for near in (number, number + 1, number - 1):
            yield int(near) if kind is ValueType.INTEGER else Decimal(near)


def _addresses(literals: Iterable[Value], read: Callable[[object], str]) -> Iterator[str]:
    """What is written, where it is an address, or the end of one."""
    for text in (form for value in literals if isinstance(value, str) for form in (value, f"ada{value}")):
        with suppress(FieldError):
            yield read(text)


def _of_lengths(literals: Iterable[Value], word: str = "") -> Iterator[str]:
    """Texts about as long as the numbers that are written say, longer than the word that they begin with."""
    lengths = (n for n in literals if type(n) is int and 0 < n < MAX_LENGTH)
    return (word.ljust(near, "x") for n in lengths for near in (n, n + 1, n - 1) if near > len(word))


def _type_of(book: Rulebook, name: str) -> ValueType:
    """The type of a result or of what a flow takes; text for all others."""
    owner, _, own = name.rpartition(".")
    if owner.startswith("results"):
        return next((agent.results[own] for agent in book.agents.values() if own in agent.results), ValueType.ANY)
    takes = (node.takes.get(own) for node in book.triggers)
    return next((field.type for field in takes if field and owner == "input"), ValueType.STRING)


def _expressions(book: Rulebook) -> Iterator[tuple[Expression, tuple[Value, ...]]]:
    """Each with the values of the cases it is switched by."""
    for flow in book.flows.values():
        for node in flow.nodes.values():
            yield from _of_node(node)
    for agent in book.agents.values():
        questions = agent.questions if isinstance(agent, Form) else ()
        yield from ((question.condition, ()) for question in questions if question.condition is not None)


def _of_node(node: Node) -> Iterator[tuple[Expression, tuple[Value, ...]]]:
    if isinstance(node, IfNode):
        yield from ((line, ()) for line in node.lines)
    elif isinstance(node, SwitchNode):
        yield node.subject, tuple(value for value, _ in node.cases)
    elif isinstance(node, Wait) and node.until is not None:
        yield node.until, ()
    elif isinstance(node, Communicate) and node.at is not None:
        yield node.at, ()
    elif isinstance(node, ToAnotherFlow):
        yield from ((value, ()) for _, value in node.given.values if isinstance(value, Expression))


def _asked(source: str, values: tuple[Value, ...]) -> Asked:
    nodes = list(ast.walk(Source(source).tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    called = {dotted(call.func) for call in calls}
    names = {dotted(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute)} - called - {""}
    written = (evaluate(node, lambda _: OPEN) for node in nodes if isinstance(node, ast.Constant | ast.Call))
    patterns = dict.fromkeys(_pattern(call) for call in calls if dotted(call.func) == MATCHES)
    constants = (value for value in written if isinstance(value, str | int | Decimal | date) and value not in patterns)
    texts = (text for pattern in patterns for text in (*fitting(pattern), *unfit(pattern)))
    return Asked(source, frozenset(names), (*values, *constants, *texts), frozenset(called & {HOUR, WEEKDAY}))


def _pattern(call: ast.Call) -> str:
    """What a text is to match: it is written out."""
    return str(evaluate(call.args[1], lambda _: OPEN))
