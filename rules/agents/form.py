"""Agent `form`: asks its questions one after the other, records the results, and ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import Field

from rules.agents.answers import asks_for_help, read_answer, skips
from rules.agents.asking import choices_of, how_to_answer, listing_of
from rules.agents.base import Say, Step
from rules.agents.question import Question
from rules.agents.question_spec import QuestionSpec, check_order
from rules.copies import replace
from rules.loading.shape import AgentSpec, Duration, Message
from rules.loading.site import Site
from rules.marks import Path
from rules.names import NameInfo, Scope
from rules.scene import Talk
from rules.templates import MAX_RENDERED, RenderFailed, Template
from rules.values import Position, ValueType
from rules.watching import watched

DEFAULT_REPLY_WITHIN = timedelta(hours=24)
MAX_QUESTIONS = 50


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
        """The opening and the first question that applies, as one message; nothing where none applies."""
        talk = self._at_next(Talk(), scope)
        if talk.question == len(self.questions):
            return Step(talk, done=True)
        return self._ask(talk, scope, self.opening.render(scope) if self.opening else "")

    def hear(self, talk: Talk, text: str, scope: Scope) -> Step:
        """Records an answer that fits and asks the next question; asks again, as often as allowed, where it does not.

        A question that is skipped, or without a fitting answer, stays unset. Help is given as often as it is asked for.
        """
        if talk.question >= len(self.questions):
            return Step(talk, done=True)
        question, scope = self.questions[talk.question], _with_results(scope, talk)
        if question.help and asks_for_help(question, text):
            return self._ask(talk, scope, question.help.render(scope))
        if skips(question, text):
            return self._go_on(talk, scope)
        answer = read_answer(question, text, scope)
        if answer is None and talk.tries < question.retries:
            return self._ask(replace(talk, tries=talk.tries + 1), scope, _sorry(question, scope))
        results = talk.results if answer is None else {**talk.results, question.result: answer}
        return self._go_on(replace(talk, results=results), scope)

    def again(self, talk: Talk, scope: Scope) -> Step:
        """The question that is due, once more."""
        if talk.question >= len(self.questions):
            return Step(talk, done=True)
        return self._ask(talk, _with_results(scope, talk), "")

    def _go_on(self, talk: Talk, scope: Scope) -> Step:
        """Ask the next question that applies, or close."""
        scope = _with_results(scope, talk)
        after = self._at_next(replace(talk, question=talk.question + 1, tries=0), scope)
        if after.question < len(self.questions):
            return self._ask(after, scope, "")
        closing = self.closing.render(scope) if self.closing else ""
        return Step(after, (Say(closing),) if closing else (), done=True)

    def _at_next(self, talk: Talk, scope: Scope) -> Talk:
        """The talk at the first question from where it is that applies; behind the last where none does."""
        left = enumerate(self.questions[talk.question :], start=talk.question)
        applying = (n for n, q in left if q.condition is None or watched(q.condition, scope) is True)
        return replace(talk, question=next(applying, len(self.questions)))

    def _ask(self, talk: Talk, scope: Scope, before: str) -> Step:
        question = self.questions[talk.question]
        text = _lines(before, question.ask.render(scope))
        return Step(talk, (Say(text, choices_of(question), listing_of(question)),))


def _with_results(scope: Scope, talk: Talk) -> Scope:
    known = {f"results.{name}": value for name, value in talk.results.items()}
    return scope._replace(values={**scope.values, **known})


def _sorry(question: Question, scope: Scope) -> str:
    """What is said before the question is asked again: with it, it fits into one message."""
    if question.invalid:
        return question.invalid.render(scope)
    return how_to_answer(question, MAX_RENDERED - len(question.ask.render(scope)) - 1)


def _lines(*texts: str) -> str:
    """One message of these texts; raises RenderFailed where it is too long to be sent."""
    message = "\n".join(text for text in texts if text)
    if len(message) > MAX_RENDERED:
        raise RenderFailed(f"the message has {len(message)} characters; at most {MAX_RENDERED} can be sent")
    return message


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
        questions = tuple(q.build(site, "questions", number) for number, q in enumerate(self.questions))
        check_order(site, questions, "questions")
        return Form(
            name=site.name,
            position=site.position,
            questions=questions,
            opening=site.optional_template(self.opening, "opening"),
            closing=site.optional_template(self.closing, "closing"),
            reply_within=self.reply_within,
        )
