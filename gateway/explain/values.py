"""What an explanation says, as values. Texts are in the operator's words; times are UTC."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubExpression:
    """A part of an expression, how deep it stands in the whole (which is 0), and the value it had."""

    source: str
    depth: int
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedExpression:
    """An expression of a node, as it is written: its value then, and those of all its parts, in reading order. Of one
    that was not looked at, since another one had decided, `value` is "" and there are no `parts`."""

    source: str
    value: str
    parts: tuple[SubExpression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkedNode:
    """A node that was walked: `kind` is what it does, `place` its file and line, `result` what it came to. `way` is the
    edge that was taken and `next` the node it leads to, "" where the path ends or waits."""

    node: str
    kind: str
    place: str
    result: str
    lines: tuple[EvaluatedExpression, ...]
    way: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkedPath:
    """A flow that went on: from `begins`, the trigger that fired or the node where the path had waited."""

    begins: str
    steps: tuple[WalkedNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsideredTrigger:
    """A trigger node of the fact's kind. Of one that did not fire, `narrowing` is the first that was not met: it wanted
    `wanted`, and saw `saw`."""

    node: str
    place: str
    fired: bool
    narrowing: str = ""
    wanted: str = ""
    saw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsideredFact:
    """A fact that was worked off: what it was, every trigger of its kind, and where the flows went that it started.

    Where `resumed`, a path that had waited goes on; the fact is what had once begun it.
    """

    fact: str
    resumed: bool
    triggers: tuple[ConsideredTrigger, ...]
    paths: tuple[WalkedPath, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of an effect: by the event of that number at that time, or, where these are null, how it is now."""

    what: str
    event: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedEffect:
    """Something that was decided: `effect` is its kind, `what` says it in words, `became` what came of it since."""

    effect: str
    what: str
    became: tuple[Became, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDecision:
    """What one campaign decided, by the rule file of which `rules` is the content hash. `applied` is what became of the
    event there. `lines` are what was looked at besides the nodes that were walked: whether a talk's next question is
    asked, and until when paths wait. `missing` says what can't be told any more, and why; "": nothing."""

    campaign: str
    rules: str
    file: str
    applied: str
    note: str
    missing: str
    lines: tuple[EvaluatedExpression, ...]
    facts: tuple[ConsideredFact, ...]
    effects: tuple[DecidedEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An event, in `what` said in words, and why it led to what it did, one part for each campaign that it concerned.
    `note` says why nothing was decided, `missing` what is not kept any more; "": neither."""

    event: int
    kind: str
    what: str
    state: str
    customer: str
    received_at: datetime
    decided_at: datetime | None
    note: str
    missing: str
    parts: tuple[CampaignDecision, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all that there was to be told is told."""
        return bool(self.parts or self.note) and not (self.missing or any(part.missing for part in self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was not reached, in words: so many `times`, the last by the event of that number at that time (null
    where it is so now). `lines` are the conditions that decided then."""

    what: str
    times: int = 1
    event: int | None = None
    at: datetime | None = None
    lines: tuple[EvaluatedExpression, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRecord:
    """A trigger that leads there: of `considered` facts of its kind it `fired` for some, and `refused` are the
    narrowings that the others did not meet."""

    node: str
    kind: str
    place: str
    considered: int
    fired: int
    refused: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why a participant did not get to `target`, a flow or a node of one; `answer` says it in a sentence.

    `reached` tells when they did. Else `now` are the reasons as things stand, `turned_off` the places before it where
    paths went another way or ended, `triggers` those that lead there. So many decisions were `looked` through, the
    latest first; where not `is_whole`, there are more, or some of them have been emptied.
    """

    campaign: str
    participant: str
    target: str
    answer: str
    reached: Reason | None
    now: tuple[Reason, ...]
    turned_off: tuple[Reason, ...]
    triggers: tuple[TriggerRecord, ...]
    looked: int
    is_whole: bool
