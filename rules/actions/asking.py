"""What `call_webhook` and `run_python` have in common: somebody outside is asked, and the path waits for the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from rules.book import Action
from rules.calling import MAX_OUTCOME, CallFailed, Outcome, json_values, participant_body, read_outcome
from rules.events import CallAnswered
from rules.loading.given import Given, With, read_given
from rules.loading.nodes import MAX_CASES
from rules.loading.shape import ActionSpec, Names
from rules.loading.site import Site
from rules.marks import Path
from rules.participants import write_fields

if TYPE_CHECKING:
    from rules.turn import Turn

ANSWERED = "answered"


@dataclass(frozen=True, kw_only=True)
class Asking(Action):
    """Asks ``target``, of the kind that the subclass names, and waits.

    The answer may set the fields ``sets``; its outcome chooses one of ``cases``, else the way is ``next``. ``failed``
    is the way where the call failed or its answer does not fit; nothing is set then.
    """

    target: str
    given: Given
    sets: tuple[str, ...] = ()
    cases: tuple[tuple[str, str], ...] = ()
    failed: str = ""

    @property
    def kind(self) -> str:
        """webhook or python (see `rules.effects.PlaceCall`)."""
        raise TypeError(f"{type(self).__name__} asks nobody")

    @property
    def edges(self) -> Mapping[str, str]:
        ways = {"next": self.next, **{f"cases.{word}": node for word, node in self.cases}, "failed": self.failed}
        return {way: node for way, node in ways.items() if node}

    def visit(self, turn: "Turn") -> str:
        call = turn.new_id()
        run = turn.pause(self, None, call)
        turn.place_call(self.kind, self.target, run.id, self._body(turn, call), call=call)
        turn.say_result(f"asked {self.target}")
        return ""

    def _body(self, turn: "Turn", call: str) -> dict[str, object]:
        return {
            "call": call,
            "campaign": turn.rulebook.campaign,
            "flow": self.flow,
            "node": self.name,
            "participant": participant_body(turn.rulebook, turn.scene, turn.scope),
            "with": json_values(self.given.evaluate(turn)),
        }

    def resume(self, turn: "Turn", answer: CallAnswered | None) -> str:
        sets = {name: turn.rulebook.fields[name] for name in self.sets}
        try:
            outcome = read_outcome(answer, sets, turn.rulebook.region)
        except CallFailed as problem:
            turn.say_result(f"failed: {problem}")
            return self.failed
        changed = write_fields(turn, outcome.fields)
        turn.say_result(_result(outcome, changed))
        return dict(self.cases).get(outcome.word, self.next)

    def edge_told(self, result: str) -> str:
        """The edge that a visit took, told by what it said in the log; "" for one that asked and waits."""
        if result.startswith(f"asked {self.target}"):
            return ""
        if not result.startswith(ANSWERED):
            return "failed"
        words = (word for word, _ in self.cases if f"{result},".startswith(f'{ANSWERED} "{word}",'))
        return next((f"cases.{word}" for word in words), "next")


def _result(outcome: Outcome, changed: frozenset[str]) -> str:
    said = f'{ANSWERED} "{outcome.word}"' if outcome.word else ANSWERED
    return f"{said}, changed {', '.join(sorted(changed))}" if changed else said


class AskingSpec(ActionSpec):
    """What such a node may say besides whom it asks."""

    meant: ClassVar[Mapping[str, str]] = {"else": "next", "otherwise": "next", "default": "next", "error": "failed"}

    given: With = Field(default={}, alias="with")
    sets: Names = Field(default=[])
    cases: dict[str, str | None] = Field(default={}, max_length=MAX_CASES)
    failed: str | None = None

    def ways(self) -> dict[Path, str]:
        cases: dict[Path, str] = {("cases", word): way for word, way in self.cases.items() if way}
        failed: dict[Path, str] = {} if self.failed is None else {("failed",): self.failed}
        return {**super().ways(), **cases, **failed}

    def parts(self, site: Site) -> dict[str, Any]:
        """What the node is made with, but for whom it asks; mistakes are noted at the site."""
        sets = (site.declared(name, "sets", number) for number, name in enumerate(self.sets))
        for word in self.cases:
            _check_word(site, word)
        return {
            **site.node,
            "next": self.next or "",
            "given": read_given(site, self.given, "with"),
            "sets": tuple(dict.fromkeys(sets)),
            "cases": tuple((word.strip(), way or "") for word, way in self.cases.items()),
            "failed": self.failed or "",
        }


def _check_word(site: Site, word: str) -> None:
    path = (*site.path, "cases", word)
    if not word.strip():
        hint = 'write the word that the answer has as its outcome; for any other, and for none, there is "next"'
        site.mistakes.at_key(path, "E109", "a case is blank", hint)
    elif len(word) > MAX_OUTCOME:
        message, hint = f"a case has {len(word)} characters", f"at most {MAX_OUTCOME} are possible in an outcome"
        site.mistakes.at_key(path, "E112", message, hint)
