"""One entry of `questions` as written, and what is checked of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import Field as Key

from rules.agents.answers import plain
from rules.agents.question import Question
from rules.book import Field
from rules.fields import FieldError, coerce
from rules.functions import NUMBERS
from rules.loading.naming import check_result, check_values
from rules.loading.shape import FieldType, Message, Source, Spec, Words
from rules.loading.site import Site
from rules.loading.words import quoted, reason_and_hint
from rules.patterns import PatternRefused, compile_pattern
from rules.values import ValueType

MAX_CHOICES = 25  # of one question, Skip included; Slack shows at most 25 buttons (block kit, actions block)
MAX_RETRIES = 10

Place = tuple[str | int, ...]


class QuestionSpec(Spec):
    """One entry of `questions` as written."""

    meant: ClassVar[Mapping[str, str]] = {"choices": "values", "options": "values", "error": "invalid"}

    result: str
    ask: Message
    type: FieldType = "string"
    condition: Source | None = Key(default=None, alias="if")
    values: list[Words] = Key(default=[], max_length=MAX_CHOICES)
    least: object = Key(default=None, alias="min")
    most: object = Key(default=None, alias="max")
    pattern: str = ""
    optional: bool = False
    retries: int = Key(default=0, ge=0, le=MAX_RETRIES)
    help: Message | None = None
    invalid: Message | None = None

    def build(self, site: Site, *path: str | int) -> Question:
        self._check(site, path)
        return Question(
            result=self.result,
            ask=site.template(self.ask, *path, "ask"),
            type=ValueType(self.type),
            condition=site.optional_condition(self.condition, *path, "if"),
            choices=tuple(self.values),
            least=self._bound(site, self.least, *path, "min"),
            most=self._bound(site, self.most, *path, "max"),
            pattern=self.pattern,
            optional=self.optional,
            retries=self.retries,
            help=site.optional_template(self.help, *path, "help"),
            invalid=site.optional_template(self.invalid, *path, "invalid"),
        )

    def _check(self, site: Site, path: Place) -> None:
        check_result(site.mistakes, self.result, (*site.path, *path, "result"))
        if not site.whole:
            return
        check_values(site.mistakes, self.type, self.values, (*site.path, *path), plain)
        if self.optional and len(self.values) == MAX_CHOICES:
            message = f"an optional question has {MAX_CHOICES} values, and Skip is one more choice"
            site.reject((*path, "values"), "E112", message, f"at most {MAX_CHOICES - 1} are possible")
        self._check_pattern(site, path)

    def _check_pattern(self, site: Site, path: Place) -> None:
        if self.pattern and self.type != "string":
            _reject_key(site, (*path, "pattern"), self.type, "a question of the type string has it")
            return
        try:
            compile_pattern(self.pattern)
        except PatternRefused as refused:
            site.reject((*path, "pattern"), "E109", str(refused))

    def _bound(self, site: Site, raw: object, *path: str | int) -> int | Decimal | None:
        """`min` or `max` as a value of the question's type; None where there is none, or where it is wrong."""
        kind = ValueType(self.type)
        if raw is None or not site.whole:
            return None
        if kind not in NUMBERS:
            _reject_key(site, path, self.type, "questions of the types integer and numeric have it")
            return None
        try:
            value = coerce(Field(name="bound", type=kind, position=site.position), raw)
        except FieldError as error:
            reason, hint = reason_and_hint(error)
            site.reject(path, "E109", f'"{path[-1]}" does not fit the type {self.type}: {reason}', hint)
            return None
        return value if isinstance(value, int | Decimal) else None


def check_order(site: Site, questions: Sequence[Question], *path: str) -> None:
    """Notes bounds that no number is within, and a condition on what is not asked before."""
    for number, question in enumerate(questions):
        low, high = question.least, question.most
        if low is not None and high is not None and low > high:
            site.reject((*path, number, "max"), "E109", f'"max" is {high}, but "min" is {low}', "no number is within")
        coming = {f"results.{later.result}" for later in questions[number:]}
        for name in coming.intersection(question.condition.names if question.condition else ()):
            message = f"{quoted(name)} is not known when this is asked: it is asked here or later"
            site.reject((*path, number, "if"), "E109", message, "ask for it in a question before")


def _reject_key(site: Site, path: Place, kind: str, hint: str) -> None:
    message = f'"{path[-1]}" makes no sense for the type {kind}'
    site.mistakes.at_key((*site.path, *path), "E109", message, hint)
