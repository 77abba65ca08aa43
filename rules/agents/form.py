"""Agent `form`: asks its questions one after the other, records the results, and ends."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from pydantic import Field

from rules.agents.answers import choices_of, how_to_answer, plain, read_answer
from rules.agents.base import Say, Step
from rules.agents.question import Question
from rules.loading.naming import check_result, check_values
from rules.loading.shape import AgentSpec, Duration, FieldType, Message, Spec, Words
from rules.loading.site import Site
from rules.marks import Path
from rules.names import NameInfo, Scope
from rules.scene import Talk
from rules.templates import MAX_RENDERED, RenderFailed, Template
from rules.values import Position, ValueType

DEFAULT_REPLY_WITHIN = timedelta(hours=24)
MAX_QUESTIONS = 50
MAX_CHOICES = 25  # of one question; Slack shows at most 25 buttons in a row (block kit, actions block)
MAX_RETRIES = 10


@dataclass(frozen=True, kw_only=True)
class Form:
    """``reply_within`` is how long a person may take for each answer."""

    name: str
    position: Position
    questions: tuple[Question, ...]
    opening: Template | None = None
    closing: Template | None = None
    reply_within: timedelta = DEFAULT_REPLY_WITHIN

    @property
    def results(self) -> Mapping[str, ValueType]:
        return {question.result: question.type for question in self.questions}

    @property
    def expects_reply(self) -> bool:
        return True

    def open(self, scope: Scope) -> Step:
        """The opening and the first question, as one message."""
        return self._go_on(Talk(), scope, self.opening.render(scope) if self.opening else "")

    def hear(self, talk: Talk, text: str, scope: Scope) -> Step:
        """Records an answer that fits and asks the next question; asks again, as often as allowed, where it does not.

        A question without a fitting answer stays unset.
        """
        if talk.question >= len(self.questions):
            return Step(talk, done=True)
        question = self.questions[talk.question]
        answer = read_answer(question, text, scope)
        if answer is None and talk.tries < question.retries:
            return self._go_on(replace(talk, tries=talk.tries + 1), scope, _sorry(question, talk, scope))
        results = talk.results if answer is None else {**talk.results, question.result: answer}
        return self._go_on(Talk(talk.question + 1, 0, results), scope)

    def _go_on(self, talk: Talk, scope: Scope, before: str = "") -> Step:
        """Ask the question that is due, or close."""
        scope = _with_results(scope, talk)
        if talk.question < len(self.questions):
            question = self.questions[talk.question]
            return Step(talk, (Say(_lines(before, question.ask.render(scope)), choices_of(question)),))
        closing = _lines(before, self.closing.render(scope) if self.closing else "")
        return Step(talk, (Say(closing),) if closing else (), done=True)


def _with_results(scope: Scope, talk: Talk) -> Scope:
    known = {f"results.{name}": value for name, value in talk.results.items()}
    return replace(scope, values={**scope.values, **known})


def _sorry(question: Question, talk: Talk, scope: Scope) -> str:
    """What is said before the question is asked again: with it, it fits into one message."""
    if question.invalid:
        return question.invalid.render(scope)
    asked = question.ask.render(_with_results(scope, talk))
    return how_to_answer(question, MAX_RENDERED - len(asked) - 1)


def _lines(*texts: str) -> str:
    """One message of these texts; raises RenderFailed where it is too long to be sent."""
    message = "\n".join(text for text in texts if text)
    if len(message) > MAX_RENDERED:
        raise RenderFailed(f"the message has {len(message)} characters; at most {MAX_RENDERED} can be sent")
    return message


class QuestionSpec(Spec):
    """One entry of `questions` as written."""

    result: str
    ask: Message
    type: FieldType = "string"
    values: list[Words] = Field(default=[], max_length=MAX_CHOICES)
    retries: int = Field(default=0, ge=0, le=MAX_RETRIES)
    invalid: Message | None = None

    def build(self, site: Site, *path: str | int) -> Question:
        check_result(site.mistakes, self.result, (*site.path, *path, "result"))
        if site.whole:
            check_values(site.mistakes, self.type, self.values, (*site.path, *path), plain)
        return Question(
            result=self.result,
            ask=site.template(self.ask, *path, "ask"),
            type=ValueType(self.type),
            choices=tuple(self.values),
            retries=self.retries,
            invalid=site.optional_template(self.invalid, *path, "invalid"),
        )


class FormSpec(AgentSpec):
    """The agent as written."""

    kind: Literal["form"]
    questions: list[QuestionSpec] = Field(min_length=1, max_length=MAX_QUESTIONS)
    opening: Message | None = None
    closing: Message | None = None
    reply_within: Duration = DEFAULT_REPLY_WITHIN

    def results(self) -> list[tuple[Path, str, NameInfo]]:
        return [
            (
                ("questions", number, "result"),
                question.result,
                NameInfo(ValueType(question.type), tuple(question.values)),
            )
            for number, question in enumerate(self.questions)
        ]

    def build(self, site: Site) -> Form:
        return Form(
            name=site.name,
            position=site.position,
            questions=tuple(q.build(site, "questions", number) for number, q in enumerate(self.questions)),
            opening=site.optional_template(self.opening, "opening"),
            closing=site.optional_template(self.closing, "closing"),
            reply_within=self.reply_within,
        )
