"""The nodes that are not actions, as written: triggers with what narrows each of them, `if`, and `switch`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from rules.book import IfNode, SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.loading.lines import Condition, read_lines
from rules.loading.narrowing import NARROWINGS, narrow
from rules.loading.shape import Anything, Names, NodeSpec, Source, literal_of
from rules.loading.site import Site
from rules.loading.words import quoted
from rules.marks import Path
from rules.values import Value

MAX_CASES = 100
MAX_TAKEN = 50  # values that one flow takes


class TriggerSpec(NodeSpec):
    """A node that begins with `when`. A subclass lists what may narrow its trigger."""

    elsewhere: ClassVar[tuple[str, ...]] = NARROWINGS

    when: str
    next: str | None = None

    def ways(self) -> dict[Path, str]:
        return {} if self.next is None else {("next",): self.next}

    @property
    def narrowed(self) -> dict[str, list[str]]:
        """What the file says of each narrowing, as written."""
        keys = [key for key in type(self).model_fields if key in NARROWINGS]
        return {key: getattr(self, key) for key in keys if getattr(self, key)}

    def build(self, site: Site) -> TriggerNode:
        narrowing = {key: narrow(site, self.when, key, values) for key, values in self.narrowed.items()}
        return TriggerNode(**site.node, when=Trigger(self.when), narrowing=narrowing, next=self.next or "")


class ParticipantCreatedSpec(TriggerSpec):
    when: Literal["participant_created"]
    source: Names = Field(default=[])


class ParticipantUpdatedSpec(TriggerSpec):
    when: Literal["participant_updated"]
    field: Names = Field(default=[])
    source: Names = Field(default=[])


class CommunicationEndedSpec(TriggerSpec):
    when: Literal["communication_ended"]
    of: Names = Field(default=[])
    status: Names = Field(default=[])
    channel: Names = Field(default=[])


class CommunicationUpdatedSpec(TriggerSpec):
    when: Literal["communication_updated"]
    of: Names = Field(default=[])
    status: Names = Field(default=[])
    channel: Names = Field(default=[])


class IncomingSessionSpec(TriggerSpec):
    when: Literal["incoming_session"]
    channel: Names = Field(default=[])
    keyword: Names = Field(default=[])


class FromAnotherFlowSpec(TriggerSpec):
    when: Literal["from_another_flow"]
    takes: Anything = Field(default={}, max_length=MAX_TAKEN)

    def build(self, site: Site) -> TriggerNode:
        takes = {name: taken for name, taken in site.known.takes.get(site.flow, {}).items() if taken}
        return replace(super().build(site), takes=takes)


class IfSpec(NodeSpec):
    """`if` an expression or `LinesSpec` holds, `match`; `else` otherwise."""

    meant: ClassVar[Mapping[str, str]] = {"then": "match", "yes": "match", "no": "else", "otherwise": "else"}

    condition: Condition = Field(alias="if")
    match: str | None = None
    otherwise: str | None = Field(default=None, alias="else")

    def ways(self) -> dict[Path, str]:
        return {(key,): way for key, way in (("match", self.match), ("else", self.otherwise)) if way is not None}

    def build(self, site: Site) -> IfNode:
        how, lines = read_lines(site, self.condition)
        return IfNode(**site.node, how=how, lines=lines, match=self.match or "", otherwise=self.otherwise or "")


class SwitchSpec(NodeSpec):
    """`switch` over an expression's value: one way for each of `cases`, `else` otherwise."""

    meant: ClassVar[Mapping[str, str]] = {"case": "cases", "default": "else", "otherwise": "else"}

    subject: Source = Field(alias="switch")
    cases: dict[str, str | None] = Field(min_length=1, max_length=MAX_CASES)
    otherwise: str | None = Field(default=None, alias="else")

    def ways(self) -> dict[Path, str]:
        cases: dict[Path, str] = {("cases", case): way for case, way in self.cases.items() if way}
        return cases if self.otherwise is None else {**cases, ("else",): self.otherwise}

    def build(self, site: Site) -> SwitchNode:
        subject = site.expression(self.subject, "switch")
        cases = tuple((site.case(subject, case), way or "") for case, way in self.cases.items())
        _check_same(site, [(written, value) for written, (value, _) in zip(self.cases, cases, strict=True)])
        return SwitchNode(**site.node, subject=subject, cases=cases, otherwise=self.otherwise or "")


def _check_same(site: Site, cases: list[tuple[str, Value]]) -> None:
    """Notes a case whose value is that of one before it, such as `01` after `1`: it would never be taken."""
    first: dict[Value, str] = {}
    for written, value in cases:
        before = written if value is None else first.setdefault(value, written)
        if before != written:
            message = f"the cases {quoted(before)} and {quoted(written)} are the same value"
            site.mistakes.at_key((*site.path, "cases", written), "E109", message, "remove one of them")


TRIGGERS: tuple[type[TriggerSpec], ...] = (
    ParticipantCreatedSpec,
    ParticipantUpdatedSpec,
    CommunicationEndedSpec,
    CommunicationUpdatedSpec,
    IncomingSessionSpec,
    FromAnotherFlowSpec,
)
TRIGGERS_BY_NAME = {literal_of(spec, "when"): spec for spec in TRIGGERS}
