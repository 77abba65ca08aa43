"""The nodes that are not actions, as written: triggers with what narrows each of them, `if`, and `switch`."""

from typing import ClassVar, Literal

from pydantic import Field

from rules.book import IfNode, SwitchNode, TriggerNode
from rules.facts import Trigger
from rules.loading.narrowing import NARROWINGS, narrow
from rules.loading.shape import Names, NodeSpec, Source, literal_of
from rules.loading.site import Site
from rules.marks import Path
from rules.values import ValueType

MAX_CASES = 100


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
        keys = [key for key in type(self).model_fields if key not in ("when", "next")]
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


class IfSpec(NodeSpec):
    """`if` an expression holds, `match`; `else` otherwise."""

    condition: Source = Field(alias="if")
    match: str | None = None
    otherwise: str | None = Field(default=None, alias="else")

    def ways(self) -> dict[Path, str]:
        return {(key,): way for key, way in (("match", self.match), ("else", self.otherwise)) if way is not None}

    def build(self, site: Site) -> IfNode:
        condition = site.expression(self.condition, "if", wants=(ValueType.BOOLEAN,))
        return IfNode(**site.node, condition=condition, match=self.match or "", otherwise=self.otherwise or "")


class SwitchSpec(NodeSpec):
    """`switch` over an expression's value: one way for each of `cases`, `else` otherwise."""

    subject: Source = Field(alias="switch")
    cases: dict[str, str | None] = Field(min_length=1, max_length=MAX_CASES)
    otherwise: str | None = Field(default=None, alias="else")

    def ways(self) -> dict[Path, str]:
        cases: dict[Path, str] = {("cases", case): way for case, way in self.cases.items() if way}
        return cases if self.otherwise is None else {**cases, ("else",): self.otherwise}

    def build(self, site: Site) -> SwitchNode:
        subject = site.expression(self.subject, "switch")
        cases = tuple((site.case(subject, case), way or "") for case, way in self.cases.items())
        return SwitchNode(**site.node, subject=subject, cases=cases, otherwise=self.otherwise or "")


TRIGGERS: tuple[type[TriggerSpec], ...] = (
    ParticipantCreatedSpec,
    ParticipantUpdatedSpec,
    CommunicationEndedSpec,
    CommunicationUpdatedSpec,
    IncomingSessionSpec,
    FromAnotherFlowSpec,
)
TRIGGERS_BY_NAME = {literal_of(spec, "when"): spec for spec in TRIGGERS}
